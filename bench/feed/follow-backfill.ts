import { join } from 'node:path'
import { openStore } from '../../src/index.ts'
import { type BareConnection, openBare } from '../bare/bare-connection.ts'
import type { Benchmark, Context, Figure } from '../harness/benchmark.ts'
import { type Laps, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { benchState } from '../workload/bench-state.ts'
import { commitsStore } from '../workload/build-stores.ts'
import { followUntil } from './follow-until.ts'

export const followBackfill: Benchmark = {
  name: 'follow-backfill-100k',
  about: 'a follower that reads 100,000 commits from the history, against selecting their rows in batches and JSON.parse',
  run: runBackfill,
}

async function runBackfill(context: Context): Promise<readonly Figure[]> {
  const { driver, sizes } = context
  const directory = await commitsStore(context, sizes.backfill)
  const store = await openStore(benchState, { directory, driver })
  const bare = openBare({ driver, file: join(directory, 'store.db') })
  const contenders = {
    holdfast: { run: () => followUntil(store, undefined, sizes.backfill) },
    bare: { run: () => readHistory(bare, 0) },
  }
  const laps = await race(contenders, Math.min(sizes.rounds, 5))
  bare.close()
  await store.close()
  const name = 'follow-backfill-100k'
  const unit = 'µs/commit'
  const perCommit = ({ wallMs }: Laps): number => (median(wallMs) * 1000) / sizes.backfill
  return [
    { name, unit, value: perCommit(laps.holdfast), ...ratiosOf(laps.bare, laps.holdfast), note: 'of the bare speed' },
    { name: `${name}/bare`, unit, value: perCommit(laps.bare), note: 'rows in batches of 256 and JSON.parse' },
  ]
}

const batch = 256

/** Reads and parses every commit after a revision. */
export function readHistory(bare: BareConnection, after: number): void {
  const select = bare.query(
    `SELECT revision, chain, at, instance, actor, label, changes FROM hf_commit WHERE revision > ? ORDER BY revision LIMIT ${batch}`,
  )
  let at = after
  for (;;) {
    const rows = select.all(at)
    for (const row of rows) JSON.parse(row[6] as string)
    if (rows.length < batch) return
    at = rows.at(-1)?.[0] as number
  }
}
