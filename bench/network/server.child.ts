/** A server in a process of its own, so that its memory and its processor time are nothing else's. Told `send`, it sends one message. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openStore } from '../../src/index.ts'
import { encodeCommit } from '../../src/protocol/commit-text.ts'
import { eventText } from '../../src/protocol/sse.ts'
import { serve } from '../../src/server.ts'
import { readTask, tell } from '../harness/child.ts'
import { benchState } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'
import { BareServer } from './bare-server.ts'

export interface ServerTask {
  readonly kind: 'holdfast' | 'bare'
  readonly directory: string
  readonly driver: string
  readonly clients: number
  readonly [name: string]: string | number
}

/** First of all: where to connect. */
export interface ServerReady {
  readonly port: number
  readonly path: string
  readonly headers: string
}

/** What the parent says. */
export type ServerCommand =
  | { readonly do: 'burst'; readonly messages: number }
  | { readonly do: 'steady'; readonly ms: number }
  | { readonly do: 'memory' }

/** What is answered to `steady` and `memory`. */
export interface ServerAnswer {
  readonly rssBytes: number
  /** Processor time by the time that passed. */
  readonly cpuShare: number
}

const perSecond = 40
const task = readTask<ServerTask>()
let sent = 0
const send = task.kind === 'bare' ? await startBare() : await startHoldfast()

process.on('message', (command: ServerCommand) => void obey(command))
process.on('disconnect', () => process.exit())

async function obey(command: ServerCommand): Promise<void> {
  if (command.do === 'burst') await burst(command.messages)
  else if (command.do === 'steady') tell(await steady(command.ms))
  else tell({ rssBytes: heldBytes(), cpuShare: 0 } satisfies ServerAnswer)
}

/** What is held, the garbage of connecting collected: it is there once, however many connections stay. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage.rss()
}

async function burst(messages: number): Promise<void> {
  for (let n = 0; n < messages; n += 1) {
    send((sent += 1))
    // Clients have their turn in between, as in any server.
    if (task.kind === 'bare') await new Promise((resolve) => setImmediate(resolve))
  }
}

function steady(ms: number): Promise<ServerAnswer> {
  const used = process.cpuUsage()
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      send((sent += 1))
      const tookMs = performance.now() - startedAt
      if (tookMs < ms) return
      clearInterval(timer)
      const { user, system } = process.cpuUsage(used)
      resolve({ rssBytes: process.memoryUsage.rss(), cpuShare: (user + system) / 1000 / tookMs })
    }, 1000 / perSecond)
  })
}

async function startBare(): Promise<(n: number) => void> {
  const server = await BareServer.streaming()
  tell({ port: server.port, path: '/', headers: 'Accept: text/event-stream' } satisfies ServerReady)
  return (n) => server.broadcast(messageOf(n))
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

async function startHoldfast(): Promise<(n: number) => void> {
  const { directory, driver, clients } = task
  const store = await openStore(benchState, { directory, driver: driver as 'node:sqlite' })
  await store.commit((tx) => tx.hosts.put(createHost(0)))
  const server = await serve(store, { maxConnections: clients + 10, maxStreams: clients + 10 })
  const token = readFileSync(join(directory, 'token'), 'utf8').trim()
  tell({
    port: server.port,
    path: `/state/feed?after=${store.cursor}`,
    headers: `Authorization: Bearer ${token}\r\nAccept: text/event-stream`,
  } satisfies ServerReady)
  return (n) => void store.commit((tx) => tx.hosts.put(createHost(n)), { durability: 'process' })
}
