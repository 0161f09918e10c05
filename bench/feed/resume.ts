import { join } from 'node:path'
import { openStore } from '../../src/index.ts'
import { openBare } from '../bare/bare-connection.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { type Contender, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { benchState } from '../workload/bench-state.ts'
import { commitPuts, recordsStore } from '../workload/build-stores.ts'
import { followUntil } from './follow-until.ts'
import { readHistory } from './follow-backfill.ts'

export const resume: Benchmark = {
  name: 'resume-1k-missed',
  about: 'a follower that comes back after 1,000 missed commits, in a store of 1,000,000 records against one of 1,000',
  run: runResume,
}

interface Resumer {
  readonly holdfast: Contender
  readonly bare: Contender
  close(): Promise<void>
}

async function runResume(context: Context): Promise<readonly Figure[]> {
  const { few, many, rounds } = context.sizes
  const small = await openResumer(context, few)
  const large = await openResumer(context, many)
  const contenders = { small: small.holdfast, large: large.holdfast, bare: large.bare }
  const laps = await race(contenders, rounds)
  await small.close()
  await large.close()
  const name = 'resume-1k-missed'
  const unit = 'ms'
  return [
    { name, unit, value: median(laps.large.wallMs), ...ratiosOf(laps.large, laps.small), reach: atMost(1.2), note: 'of the small store' },
    { name: `${name}/small`, unit, value: median(laps.small.wallMs), note: `store of ${few} records` },
    { name: `${name}/bare`, unit, value: median(laps.bare.wallMs), note: 'selecting the rows and JSON.parse, large store' },
  ]
}

/** Opens a store of `records`, remembers where it is, and makes the commits that are missed. */
async function openResumer(context: Context, records: number): Promise<Resumer> {
  const { driver, sizes } = context
  const directory = await recordsStore(context, records)
  const store = await openStore(benchState, { directory, driver, durability: 'process' })
  const { cursor } = store
  const { revision } = store.health()
  await commitPuts(store, records * 2, sizes.missed)
  const bare = openBare({ driver, file: join(directory, 'store.db') })
  const close = async (): Promise<void> => {
    bare.close()
    await store.close()
  }
  return {
    holdfast: { run: () => followUntil(store, cursor, revision + sizes.missed) },
    bare: { run: () => readHistory(bare, revision) },
    close,
  }
}
