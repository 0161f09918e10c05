import { collection, defineState, openStore } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { type Contender, race, ratiosOf } from '../harness/race.ts'
import { Host, type HostValue, hostsKind } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'
import { perSecond } from './per-second.ts'

/** The same records twice: written behind, and committed. */
const state = defineState({
  name: 'behind',
  version: 1,
  kinds: {
    committed: hostsKind,
    behind: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'lastSeenAt'] }, durability: 'delayed' }),
  },
})

export const delayedWrite: Benchmark = {
  name: 'delayed-write',
  about: 'one record written behind over and over, the flush included, against awaited commits of the same values, process',
  run: runDelayed,
}

async function runDelayed({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const { name } = delayedWrite
  const perRound = sizes.sequential
  const store = await openStore(state, { directory: workspace.directory(name), driver, durability: 'process' })
  const commit = (value: HostValue): Promise<unknown> => store.commit((tx) => tx.committed.put(value))
  const writeBehind = (value: HostValue): void => store.behind.put(value)
  const contenders = {
    commits: contenderOf(versionsOf(perRound), commit),
    behind: contenderOf(versionsOf(perRound), writeBehind, () => store.flush()),
    many: contenderOf(hostsOf(perRound), writeBehind, () => store.flush()),
  }
  const laps = await race(contenders, sizes.rounds)
  await store.close()
  const unit = 'writes/s'
  const ratios = ratiosOf(laps.commits, laps.behind)
  return [
    { name, unit, value: perSecond(perRound, laps.behind), ...ratios, reach: atLeast(5), note: 'of a commit each' },
    {
      name: `${name}/many`,
      unit,
      value: perSecond(perRound, laps.many),
      ...ratiosOf(laps.commits, laps.many),
      note: 'of as many records, each written once, of a commit each',
    },
    { name: `${name}/commits`, unit, value: perSecond(perRound, laps.commits), note: 'awaited, one after the other' },
  ]
}

function contenderOf(
  valuesOf: (round: number) => readonly HostValue[],
  write: (value: HostValue) => unknown,
  end: () => Promise<void> = async () => undefined,
): Contender {
  let values: readonly HostValue[] = []
  return {
    prepare(round) {
      values = valuesOf(round)
    },
    async run() {
      for (const value of values) await write(value)
      await end()
    },
  }
}

const versionsOf =
  (count: number) =>
  (round: number): readonly HostValue[] =>
    Array.from({ length: count }, (_, at) => createHost(1, round * count + at))

const hostsOf =
  (count: number) =>
  (round: number): readonly HostValue[] =>
    Array.from({ length: count }, (_, at) => createHost(2 + at, round))
