/** Commits now and then, and tells when each commit was acknowledged. */
import { setTimeout as delay } from 'node:timers/promises'
import { type DriverName, openStore } from '../../src/index.ts'
import { readTask, tell } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import { benchState } from '../workload/bench-state.ts'
import { createPut } from '../workload/hosts.ts'

/** Revisions with the ms, on the clock of all processes, at which they were acknowledged. */
export type Acknowledged = readonly { readonly revision: number; readonly at: number }[]

/** Longest pause between two commits, ms: longer than a look of the follower's helper, so that commits fall anywhere between two. */
const longestPauseMs = 40

const { directory, driver, commits } = readTask<{ directory: string; driver: DriverName; commits: number }>()
const store = await openStore(benchState, { directory, driver })
const acknowledged: Acknowledged[number][] = []
for (let number = 0; number < commits; number += 1) {
  await delay(Math.random() * longestPauseMs)
  const { revision } = await store.commit((tx) => tx.hosts.put(createPut(number).host))
  acknowledged.push({ revision, at: now() })
}
tell(acknowledged)
await store.close()
