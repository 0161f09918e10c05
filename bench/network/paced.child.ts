/** A server in a process of its own that commits when it is told to, one commit after the other, and says when each was acknowledged. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type DriverName, openStore } from '../../src/index.ts'
import { serve } from '../../src/server.ts'
import { readTask, tell } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import { benchState } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'

/** First of all: where to connect. */
export interface PacedReady {
  readonly port: number
  readonly token: string
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

const { directory, driver } = readTask<{ directory: string; driver: DriverName }>()
const store = await openStore(benchState, { directory, driver })
let committed = 0
await commit(0)
const server = await serve(store)
const token = readFileSync(join(directory, 'token'), 'utf8').trim()
tell({ port: server.port, token, cursor: store.cursor } satisfies PacedReady)
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
