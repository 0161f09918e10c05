/** The server of the page, with what its transport takes. */
import { WebSocketServer } from 'ws'
import { actions } from './actions.ts'
import type { Arguments } from './arguments.ts'
import { attachSocketIo, type HoldfastServer, serve } from './holdfast.ts'
import { builtPage } from './page/built-page.ts'
import type { NetscanStore } from './state.ts'

/** Bytes of a message from a page, at most: as many as the body of a request may have. */
const maxHttpBufferSize = 1024 * 1024

export interface PageServer extends Pick<HoldfastServer, 'link'> {
  /** Idempotent. */
  close(): Promise<void>
}

export async function servePage(store: NetscanStore, { port, transport }: Pick<Arguments, 'port' | 'transport'>): Promise<PageServer> {
  const page = await builtPage(transport)
  const server = await serve(store, { actions, page, WebSocketServer, ...(port === undefined ? {} : { port }) })
  if (transport !== 'socket.io') return server
  const { Server } = await import('socket.io')
  const io = new Server(server.http, { serveClient: false, maxHttpBufferSize })
  attachSocketIo(io, server.handler)
  return {
    link: server.link,
    async close() {
      await Promise.all([io.close(), server.close()])
    },
  }
}
