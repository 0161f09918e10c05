import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../../src/index.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { benchState } from '../workload/bench-state.ts'

export const walPeak: Benchmark = {
  name: 'wal-peak',
  about: 'the largest write-ahead log while 1 process, and 4, write as fast as they can (1,000 writers each, process)',
  async run(context) {
    const figures: Figure[] = []
    for (const processes of context.sizes.saturating) figures.push(...(await runSaturated(context, processes)))
    return figures
  },
}

/** How often the log is looked at, ms. */
const lookEveryMs = 2

async function runSaturated({ driver, sizes, workspace }: Context, processes: number): Promise<readonly Figure[]> {
  const directory = workspace.directory('saturated')
  const task = { directory, driver, writers: sizes.writers }
  const children = Array.from({ length: processes }, () => new Child(new URL('saturating.child.ts', import.meta.url), task))
  for (const child of children) await child.next()
  const startedAt = performance.now()
  let peakBytes = 0
  while (performance.now() - startedAt < sizes.saturatedMs) {
    peakBytes = Math.max(peakBytes, statSync(join(directory, 'store.db-wal'), { throwIfNoEntry: false })?.size ?? 0)
    await delay(lookEveryMs)
  }
  const seconds = (performance.now() - startedAt) / 1000
  for (const child of children) await child.ended()
  const name = processes === 1 ? 'wal-peak' : `wal-peak/${processes}-processes`
  const note = `${processes} process${processes === 1 ? '' : 'es'}, ${Math.round(seconds)} s`
  return [
    { name, unit: 'MiB', value: peakBytes / 1024 / 1024, reach: atMost(64, 'value'), note },
    {
      name: `${name}-rate`,
      unit: 'commits/s',
      value: (await countCommits(driver, directory)) / seconds,
      note: 'of all processes together',
    },
  ]
}

async function countCommits(driver: Context['driver'], directory: string): Promise<number> {
  const store = await openStore(benchState, { directory, driver })
  const { revision } = store.health()
  await store.close()
  return revision
}
