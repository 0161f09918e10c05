import { openStore } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { benchState } from '../workload/bench-state.ts'
import { type BareCommits, createBareCommits, createStoreCommits } from './contenders.ts'
import { perSecond } from './per-second.ts'

export const commitSequential: Benchmark = {
  name: 'commit-sequential',
  about: 'one awaited commit after the other, process, against a bare transaction each',
  run: (context) => runSequential(context, 'process'),
}

export const commitSequentialPower: Benchmark = {
  name: 'commit-sequential-power',
  about: 'the same under power, against a bare transaction each with synchronous=FULL',
  run: (context) => runSequential(context, 'power'),
}

async function runSequential({ driver, sizes, workspace }: Context, durability: 'process' | 'power'): Promise<readonly Figure[]> {
  const isPower = durability === 'power'
  const name = isPower ? commitSequentialPower.name : commitSequential.name
  const perRound = isPower ? sizes.sequentialPower : sizes.sequential
  const synchronous = isPower ? 'full' : 'normal'
  const bareOf = (more: Pick<BareCommits, 'isRecordOnly'>): BareCommits => {
    return { driver, directory: workspace.directory(name), synchronous, work: 'put', perRound, transaction: 'each', ...more }
  }
  const store = await openStore(benchState, { directory: workspace.directory(name), driver, durability })
  const contenders = {
    bare: createBareCommits(bareOf({})),
    record: createBareCommits(bareOf({ isRecordOnly: true })),
    holdfast: createStoreCommits({ store, work: 'put', perRound, writers: 1 }),
  }
  const laps = await race(contenders, sizes.rounds)
  for (const contender of Object.values(contenders)) await contender.close()
  const unit = 'commits/s'
  return [
    {
      name,
      unit,
      value: perSecond(perRound, laps.holdfast),
      ...ratiosOf(laps.bare, laps.holdfast),
      reach: atLeast(isPower ? 0.6 : 0.7),
      note: 'of the bare loop',
    },
    { name: `${name}/bare`, unit, value: perSecond(perRound, laps.bare), note: 'a transaction each: record, index and history rows' },
    {
      name: `${name}/bare-record`,
      unit,
      value: perSecond(perRound, laps.record),
      note: 'a transaction each: record and index rows alone',
    },
  ]
}
