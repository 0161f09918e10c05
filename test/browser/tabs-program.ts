/** Serves a store and a page that shows it, and counts the connections and the requests for the feed that are open. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { openStore, type Store } from '../../src/index.ts'
import { type HoldfastServer, serve } from '../../src/server.ts'
import { actions, simulated } from '../simulation/state.ts'
import { answer } from '../support/answer.ts'

let store: Store<typeof simulated> | undefined
let server: HoldfastServer | undefined
const connections = new Set<unknown>()
let feeds = 0
let mostFeeds = 0

interface Started {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as Started
  const { socket } = request
  if (!connections.has(socket)) socket.on('close', () => connections.delete(socket))
  connections.add(socket)
  if (!/\/feed\?/.test(request.url ?? '')) return
  feeds += 1
  mostFeeds = Math.max(mostFeeds, feeds)
  response.on('close', () => (feeds -= 1))
})

const calls = {
  /** @returns the link that signs a browser in */
  async begin(directory: string, assets: string, port: number): Promise<string> {
    store = await openStore(simulated, { directory })
    server = await serve(store, { port, actions, page: assets })
    return server.link()
  },
  async setTitle(title: string): Promise<void> {
    await store?.commit((tx) => tx.title.set(title))
  },
  count: (): { readonly connections: number; readonly feeds: number; readonly mostFeeds: number } => ({
    connections: connections.size,
    feeds,
    mostFeeds,
  }),
}

export type TabsCalls = typeof calls

answer(calls)
