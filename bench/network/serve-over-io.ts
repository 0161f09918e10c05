/** A store that is served over Socket.IO. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import type { Kinds, StateDefinition, Store } from '../../src/index.ts'
import { createHandler, type HandlerOfStore } from '../../src/server.ts'
import { attachSocketIo } from '../../src/socket-io.ts'
import { ioOptions } from './bare-sockets.ts'

interface ServedOverIo {
  readonly port: number
  readonly handler: HandlerOfStore
}

export async function serveOverIo<Declared extends Kinds>(
  store: Store<StateDefinition<Declared>>,
  { maxStreams }: { readonly maxStreams: number },
): Promise<ServedOverIo> {
  let port = 0
  const handler = createHandler(store, { port: () => port, maxStreams })
  const http = createServer((request, response) => void handler.node(request, response))
  attachSocketIo(new Server(http, ioOptions), handler)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  port = (http.address() as AddressInfo).port
  return { port, handler }
}
