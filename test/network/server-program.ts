/** A program that serves a store and commits to it all the time, until it is killed or told to rest. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { openStore, type Store } from '../../src/index.ts'
import { createHandler } from '../../src/server.ts'
import { attachSocketIo } from '../../src/socket-io.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { change } from '../simulation/changes.ts'
import { actions, simulated } from '../simulation/state.ts'
import { answer } from '../support/answer.ts'
import { plantInStreams, type StreamPlant } from './stream-plants.ts'

let store: Store<typeof simulated> | undefined
let writing: Promise<void> | undefined
const over = new AbortController()

/** Bursts of commits, and short pauses. */
async function write(to: Store<typeof simulated>, random: SeededRandom): Promise<void> {
  while (!over.signal.aborted) {
    const burst = Array.from({ length: 1 + random.below(4) }, () => to.commit((tx) => change(tx, random), { label: 'burst' }))
    await Promise.all(burst)
    await delay(random.next() * 30)
  }
}

/** A server that has every transport on one port. Engine.IO notices a silent connection as soon as the clients' quick clocks do. */
async function serveAll(from: Store<typeof simulated>, { port, name }: Pick<Beginning, 'port' | 'name'>): Promise<void> {
  const handler = createHandler(from, { port, actions, names: [name], WebSocketServer })
  const server = createServer((request, response) => void handler.node(request, response))
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith(`${handler.base}/`) === true) void handler.upgrade(request, socket, head)
  })
  attachSocketIo(new Server(server, { pingInterval: 3_000, pingTimeout: 4_000 }), handler)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

export interface Beginning {
  readonly directory: string
  readonly port: number
  readonly name: string
  readonly seed: string
  /** A bug that its streams have. */
  readonly plant: StreamPlant | undefined
}

const calls = {
  /** Opens the store and serves it, also by the name that the proxy has; commits until it is told to rest. */
  async begin({ directory, port, name, seed, plant }: Beginning): Promise<void> {
    if (plant !== undefined) plantInStreams(plant)
    store = await openStore(simulated, { directory })
    await serveAll(store, { port, name })
    writing = write(store, new SeededRandom(seed))
  },
  /** Answers as long as the program lives. */
  isThere: (): boolean => true,
  /** Commits nothing more; answers with the newest cursor. */
  async rest(): Promise<string> {
    over.abort()
    await writing
    return store?.cursor ?? ''
  },
}

export type ServerCalls = typeof calls

answer(calls)
