import { join } from 'node:path'
import { openStore } from '../../src/index.ts'
import { openBare } from '../bare/bare-connection.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { benchState, type BenchStore } from '../workload/bench-state.ts'
import { createStoreCommits } from './contenders.ts'
import { perSecond } from './per-second.ts'

export const commitAt10mHistory: Benchmark = {
  name: 'commit-at-10m-history',
  about: 'sequential commits, process, over a history of 10,000,000 rows against the same over an empty one',
  run: runLongHistory,
}

async function runLongHistory(context: Context): Promise<readonly Figure[]> {
  const { sizes, workspace } = context
  const directories = { long: workspace.directory('long-history'), empty: workspace.directory('empty-history') }
  await writeHistory(context, directories.long)
  const contenderOf = async (directory: string) =>
    createStoreCommits({ store: await openKeepingAll(context, directory), work: 'put', perRound: sizes.sequential, writers: 1 })
  const contenders = { long: await contenderOf(directories.long), empty: await contenderOf(directories.empty) }
  const laps = await race(contenders, sizes.rounds)
  for (const contender of Object.values(contenders)) await contender.close()
  workspace.discard(directories.long)
  const name = 'commit-at-10m-history'
  const unit = 'commits/s'
  const ratios = ratiosOf(laps.long, laps.empty)
  return [
    {
      name,
      unit,
      value: perSecond(sizes.sequential, laps.long),
      ...ratios,
      reach: atMost(1.15),
      note: 'of the cost over an empty history',
    },
    { name: `${name}/empty`, unit, value: perSecond(sizes.sequential, laps.empty) },
  ]
}

/** Without retention, so that the history stays as long as it is. */
function openKeepingAll({ driver }: Context, directory: string): Promise<BenchStore> {
  const history = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }
  return openStore(benchState, { directory, driver, durability: 'process', history })
}

/** Fills the history by one statement. Its rows have the shape and size of real ones; their chain proves nothing. */
async function writeHistory(context: Context, directory: string): Promise<void> {
  await (await openKeepingAll(context, directory)).close()
  const bare = openBare({ driver: context.driver, file: join(directory, 'store.db') })
  bare.exec('PRAGMA journal_mode = off; PRAGMA synchronous = off')
  bare.exec(`
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${context.sizes.historyRows})
INSERT INTO hf_commit (revision, chain, at, instance, counter, actor, label, position, changes)
SELECT n, 'abcdefghijklmnopqrstuv', ${Date.now() - 1000}, 'bulkrows', n, NULL, NULL, n * 176,
  '[[1,1,"10.0.0.' || (n % 256) || '",{"address":"10.0.0.' || (n % 256) || '","status":"up"}]]' FROM number`)
  bare.close()
}
