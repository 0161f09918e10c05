import { openStore } from '../../src/index.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { now } from '../harness/shared-clock.ts'
import { median, percentile } from '../harness/statistics.ts'
import { benchState, type BenchStore } from '../workload/bench-state.ts'
import type { Acknowledged } from './wake.child.ts'

export const wakeOtherProcess: Benchmark = {
  name: 'wake-other-process',
  about: 'from the acknowledgement of a commit in one process to its arrival at a follower in another',
  run: runWakes,
}

async function runWakes({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const directory = workspace.directory('wake')
  const store = await openStore(benchState, { directory, driver })
  const following = followTimes(store, sizes.wakes)
  const child = new Child(new URL('wake.child.ts', import.meta.url), { directory, driver, commits: sizes.wakes })
  const acknowledged = await child.next<Acknowledged>()
  const arrived = await following
  await child.ended()
  await store.close()
  const delays = acknowledged.map(({ revision, at }) => (arrived.get(revision) ?? Number.NaN) - at)
  const unit = 'ms'
  return [
    {
      name: 'wake-other-process',
      unit,
      value: percentile(delays, 0.99),
      reach: atMost(50, 'value'),
      note: `p99 of ${sizes.wakes} commits`,
    },
    { name: 'wake-other-process/median', unit, value: median(delays) },
  ]
}

/** When each of the first `count` revisions came, ms on the clock of all processes. */
async function followTimes(store: BenchStore, count: number): Promise<Map<number, number>> {
  const arrived = new Map<number, number>()
  for await (const { revision } of store.follow()) {
    arrived.set(revision, now())
    if (revision >= count) break
  }
  return arrived
}
