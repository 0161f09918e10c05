import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { canReadPeak } from '../harness/memory.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { recordsStore } from '../workload/build-stores.ts'
import { openReaders } from './reader.ts'
import { joinHosts } from './join-hosts.ts'
import type { SnapshotMemory } from './snapshot.child.ts'

export const snapshot100k: Benchmark = {
  name: 'snapshot-100k',
  about: 'a snapshot of 100,000 records, against SQLite joining the same text in one statement; memory by the peak of a process of its own',
  run: async (context) => [...(await runTime(context)), ...(canReadPeak ? await runMemory(context) : [])],
}

async function runTime(context: Context): Promise<readonly Figure[]> {
  const { store, bare, close } = await openReaders(context)
  const join = bare.query(joinHosts)
  const contenders = { holdfast: { run: () => store.snapshot(['hosts']) }, bare: { run: () => join.get() } }
  const laps = await race(contenders, context.sizes.rounds)
  await close()
  const ratios = ratiosOf(laps.holdfast, laps.bare)
  return [
    { name: 'snapshot-100k', unit: 'ms', value: median(laps.holdfast.wallMs), ...ratios, reach: atMost(1.3), note: 'of the bare time' },
    { name: 'snapshot-100k/bare', unit: 'ms', value: median(laps.bare.wallMs), note: 'one statement' },
  ]
}

async function runMemory(context: Context): Promise<readonly Figure[]> {
  const directory = await recordsStore(context, context.sizes.records)
  const measure = async (how: 'holdfast' | 'bare'): Promise<SnapshotMemory> => {
    const child = new Child(new URL('snapshot.child.ts', import.meta.url), { directory, driver: context.driver, how })
    const measured = await child.next<SnapshotMemory>()
    await child.ended()
    return measured
  }
  const holdfast = await measure('holdfast')
  const bare = await measure('bare')
  const unit = 'MiB'
  const mebibytes = (bytes: number): number => bytes / 1024 / 1024
  const { textBytes } = holdfast
  const note = `peak of the snapshot over its text of ${mebibytes(textBytes).toFixed(1)} MiB`
  const ratio = holdfast.peakBytes / textBytes
  return [
    { name: 'snapshot-100k/memory', unit, value: mebibytes(holdfast.peakBytes), ratio, reach: atMost(2.5), note },
    { name: 'snapshot-100k/bare-memory', unit, value: mebibytes(bare.peakBytes), ratio: bare.peakBytes / textBytes, note: 'one statement' },
  ]
}
