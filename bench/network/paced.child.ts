/** A server in a process of its own that commits when it is told to, one commit after the other, and says when each was acknowledged. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { openStore } from '../../src/index.ts'
import { serve } from '../../src/server.ts'
import { readTask, tell } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import { benchState } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'
import { howToAsk } from './how-to-ask.ts'
import { serveOverIo } from './serve-over-io.ts'
import type { Carrier, ServerReady } from './server-task.ts'

export interface PacedTask {
  readonly via: Carrier
  readonly directory: string
  readonly driver: string
  readonly [name: string]: string
}

/** First of all: where to connect. */
export interface PacedReady {
  /** How clients ask for what comes after the first commit. */
  readonly place: Omit<ServerReady, 'greetings'>
  readonly token: string
  /** Of the first commit. */
  readonly cursor: string
}

/** What the parent says. */
export interface PacedCommand {
  readonly commits: number
  /** Between an acknowledgement and the next commit, ms. */
  readonly pauseMs: number
  /** Of each commit, about. */
  readonly bytes: number
}

/** What was acknowledged when. */
export interface PacedReport {
  readonly cursor: string
  readonly acknowledged: readonly { readonly revision: number; readonly at: number }[]
}

const { via, directory, driver } = readTask<PacedTask>()
const store = await openStore(benchState, { directory, driver: driver as 'node:sqlite' })
let committed = 0
await commit(0)
const { port } = via === 'socketio' ? await serveOverIo(store, { maxStreams: 256 }) : await serve(store, { WebSocketServer })
const token = readFileSync(join(directory, 'token'), 'utf8').trim()
const { cursor } = store
tell({ place: { port, ...howToAsk({ kind: 'holdfast', via }, { token, cursor }) }, token, cursor } satisfies PacedReady)
process.on('message', (command: PacedCommand) => void obey(command))
process.on('disconnect', () => process.exit())

async function obey({ commits, pauseMs, bytes }: PacedCommand): Promise<void> {
  const acknowledged: { readonly revision: number; readonly at: number }[] = []
  for (let n = 0; n < commits; n += 1) {
    acknowledged.push({ revision: await commit(bytes), at: now() })
    await delay(pauseMs)
  }
  tell({ cursor: store.cursor, acknowledged } satisfies PacedReport)
}

async function commit(bytes: number): Promise<number> {
  committed += 1
  const host = { ...createHost(1, committed), vendor: 'x'.repeat(bytes) }
  const { revision } = await store.commit((tx) => tx.hosts.put(host))
  return revision
}
