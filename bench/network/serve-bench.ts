import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serve } from '../../src/server.ts'
import { Child } from '../harness/child.ts'
import type { BenchStore } from '../workload/bench-state.ts'
import { plainly } from './how-to-ask.ts'

/** A served store, and a swarm of clients for it. */
export interface ServedBench {
  /** Starts clients that take a snapshot. */
  storm(): Child
  close(): Promise<void>
}

export async function serveBench(store: BenchStore, clients: number): Promise<ServedBench> {
  const room = clients + 10
  const server = await serve(store, { maxConnections: room, maxStreams: room })
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const authorization = `Authorization: Bearer ${token}`
  const start = (path: string, headers: string, messages: number): Child =>
    new Child(new URL('swarm.child.ts', import.meta.url), {
      port: server.port,
      clients,
      atOnce: clients,
      path,
      headers: `${authorization}\r\n${headers}`,
      ...plainly,
      messages,
    })
  return {
    storm: () => start('/state/snapshot', 'Connection: close', 0),
    close: () => server.close(),
  }
}
