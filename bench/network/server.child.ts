/** A server in a process of its own, so that its memory and its processor time are nothing else's. Told `send`, it sends one message. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { openStore } from '../../src/index.ts'
import { encodeCommit } from '../../src/protocol/commit-text.ts'
import { eventText } from '../../src/protocol/sse.ts'
import { serve } from '../../src/server.ts'
import { readTask, tell } from '../harness/child.ts'
import { benchState } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'
import { BareServer } from './bare-server.ts'
import { type BareBroadcaster, startBareSocketIo, startBareWebSockets } from './bare-sockets.ts'
import { howToAsk } from './how-to-ask.ts'
import type { Carrier, ServerReady, ServerTask } from './server-task.ts'
import { serveOverIo } from './serve-over-io.ts'

/** What the parent says. */
export type ServerCommand =
  | { readonly do: 'burst'; readonly messages: number }
  | { readonly do: 'steady'; readonly ms: number }
  /** Once there are exactly so many streams. Needs `--expose-gc`. */
  | { readonly do: 'memory'; readonly streams: number }

/** What is answered to `steady`. */
export interface ServerLoad {
  /** Processor time by the time that passed. */
  readonly cpuShare: number
}

/** What is answered to `memory`. */
export interface ServerMemory {
  readonly rssBytes: number
  /** In V8's heap, and beside it on its account. */
  readonly heapBytes: number
}

/** What a server of either kind offers to the benchmark. */
interface Running {
  readonly streams: () => number
  readonly send: (n: number) => void
}

const perSecond = 40
const task = readTask<ServerTask>()
let sent = 0
const { streams, send }: Running = task.kind === 'bare' ? await startBare() : await startHoldfast()

process.on('message', (command: ServerCommand) => void obey(command))
process.on('disconnect', () => process.exit())

async function obey(command: ServerCommand): Promise<void> {
  if (command.do === 'burst') await burst(command.messages)
  else if (command.do === 'steady') tell(await steady(command.ms))
  else tell(await measureMemory(command.streams))
}

/** What is held once there are so many streams, the garbage of those that came and went collected. */
async function measureMemory(wanted: number): Promise<ServerMemory> {
  while (streams() !== wanted) await delay(5)
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.()
    await delay(20)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rssBytes: rss, heapBytes: heapUsed + external }
}

async function burst(messages: number): Promise<void> {
  for (let n = 0; n < messages; n += 1) {
    send((sent += 1))
    // Clients have their turn in between, as in any server.
    if (task.kind === 'bare') await new Promise((resolve) => setImmediate(resolve))
  }
}

function steady(ms: number): Promise<ServerLoad> {
  const used = process.cpuUsage()
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      send((sent += 1))
      const tookMs = performance.now() - startedAt
      if (tookMs < ms) return
      clearInterval(timer)
      const { user, system } = process.cpuUsage(used)
      resolve({ cpuShare: (user + system) / 1000 / tookMs })
    }, 1000 / perSecond)
  })
}

async function startBare(): Promise<Running> {
  const server = await startBareServer(task.via)
  // As long as what Holdfast is asked.
  const asked = { token: 'x'.repeat(43), cursor: 'AAAAAAAA.1.c0ffee_1' }
  tell({ port: server.port, ...howToAsk(task, asked), greetings: 0 } satisfies ServerReady)
  return { streams: () => server.streams, send: (n) => server.broadcast(messageOf(n)) }
}

function startBareServer(via: Carrier): Promise<BareBroadcaster> {
  if (via === 'sse') return BareServer.streaming()
  return via === 'ws' ? startBareWebSockets() : startBareSocketIo()
}

/** The message of a commit as Holdfast writes it. */
function messageOf(n: number): string {
  const host = createHost(n)
  const change = { kind: 'hosts', op: 'put', key: host.address, value: host } as const
  return eventText(
    undefined,
    `AAAAAAAA.${n.toString(36)}.c0ffee_1`,
    encodeCommit({ at: Date.now(), actor: undefined, label: undefined, changes: [change] }),
  )
}

async function startHoldfast(): Promise<Running> {
  const { directory, driver, clients } = task
  const store = await openStore(benchState, { directory, driver: driver as 'node:sqlite' })
  await store.commit((tx) => tx.hosts.put(createHost(0)))
  const limits = { maxConnections: clients + 10, maxStreams: clients + 10 }
  const server = task.via === 'socketio' ? await serveOverIo(store, limits) : await serve(store, { ...limits, WebSocketServer })
  const token = readFileSync(join(directory, 'token'), 'utf8').trim()
  tell({ port: server.port, ...howToAsk(task, { token, cursor: store.cursor }), greetings: 1 } satisfies ServerReady)
  return {
    streams: () => server.handler.streams,
    send: (n) => void store.commit((tx) => tx.hosts.put(createHost(n)), { durability: 'process' }),
  }
}
