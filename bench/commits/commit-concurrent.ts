import { openStore } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { benchState } from '../workload/bench-state.ts'
import { type BareCommits, createBareCommits, createStoreCommits, type Work } from './contenders.ts'
import { perSecond } from './per-second.ts'

interface Variant {
  readonly name: string
  readonly work: Work
  readonly durability: 'process' | 'power'
  /** Of the bare big transaction. */
  readonly reach: number
  /** Of the bare loop with a transaction each; not promised where undefined. */
  readonly reachEach?: number
}

export const commitConcurrent: Benchmark = benchmarkOf(
  { name: 'commit-concurrent-1000', work: 'put', durability: 'process', reach: 0.4, reachEach: 2 },
  '1,000 writers that each await their own commits, process, against one bare transaction around all',
)

export const commitConcurrentPower: Benchmark = benchmarkOf(
  { name: 'commit-concurrent-1000-power', work: 'put', durability: 'power', reach: 0.35 },
  'the same under power, against one bare transaction around all with synchronous=FULL',
)

export const appendConcurrent: Benchmark = benchmarkOf(
  { name: 'append-concurrent-1000', work: 'append', durability: 'process', reach: 0.4, reachEach: 2 },
  '1,000 writers that each append to a log and await it, process, against one bare transaction around all',
)

function benchmarkOf(variant: Variant, about: string): Benchmark {
  return { name: variant.name, about, run: (context) => runConcurrent(context, variant) }
}

async function runConcurrent({ driver, sizes, workspace }: Context, variant: Variant): Promise<readonly Figure[]> {
  const { name, work, durability } = variant
  const { writers } = sizes
  const perRound = writers * sizes.perWriter
  const synchronous = durability === 'power' ? 'full' : 'normal'
  const bareOf = (transaction: 'each' | 'one', isRecordOnly = false): BareCommits => {
    return { driver, directory: workspace.directory(name), synchronous, work, perRound, transaction, isRecordOnly }
  }
  const store = await openStore(benchState, { directory: workspace.directory(name), driver, durability })
  const isEachTimed = variant.reachEach !== undefined
  const contenders = {
    one: createBareCommits(bareOf('one')),
    record: createBareCommits(bareOf('one', true)),
    each: isEachTimed ? createBareCommits(bareOf('each')) : { run: () => undefined, close: () => undefined },
    holdfast: createStoreCommits({ store, work, perRound, writers }),
  }
  const laps = await race(contenders, sizes.rounds)
  for (const contender of Object.values(contenders)) await contender.close()
  const unit = 'commits/s'
  const value = perSecond(perRound, laps.holdfast)
  const figures: Figure[] = [
    { name, unit, value, ...ratiosOf(laps.one, laps.holdfast), reach: atLeast(variant.reach), note: 'of one bare big transaction' },
  ]
  if (variant.reachEach !== undefined) {
    const ratios = ratiosOf(laps.each, laps.holdfast)
    figures.push({
      name: `${name}/each`,
      unit,
      value,
      ...ratios,
      reach: atLeast(variant.reachEach),
      note: 'of the bare loop with a transaction each',
    })
    figures.push({
      name: `${name}/bare-each`,
      unit,
      value: perSecond(perRound, laps.each),
      note: 'a transaction each: record, index and history rows',
    })
  }
  figures.push({
    name: `${name}/bare`,
    unit,
    value: perSecond(perRound, laps.one),
    note: 'one transaction: record, index and history rows',
  })
  figures.push({
    name: `${name}/bare-record`,
    unit,
    value: perSecond(perRound, laps.record),
    note: 'one transaction: record and index rows alone',
  })
  return figures
}
