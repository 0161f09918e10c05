import { openStore } from '../../src/index.ts'
import { perSecond } from '../commits/per-second.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import { BareQueue, type CommitRows } from './bare-queue.ts'
import { queueState, scanOf } from './bench-queue.ts'

const perCommit = 100

export const jobsEnqueue: Benchmark = {
  name: 'jobs-enqueue',
  about: 'jobs enqueued in commits of 100, process, against bare inserts of the same rows in transactions of 100',
  run: runEnqueue,
}

async function runEnqueue({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const { name } = jobsEnqueue
  const commits = Math.ceil((sizes.sequential * 5) / perCommit)
  const perRound = commits * perCommit
  const bare = new BareQueue(workspace.directory(name), { driver, synchronous: 'normal' })
  const store = await openStore(queueState, { directory: workspace.directory(name), driver, durability: 'process' })
  let rows: readonly CommitRows[] = []
  const laps = await race(
    {
      bare: {
        prepare: (round) => {
          rows = Array.from({ length: commits }, (_, i) => bare.prepare(round * perRound + i * perCommit, perCommit))
        },
        run: () => rows.forEach((commit) => bare.write(commit)),
      },
      holdfast: {
        async run() {
          for (let i = 0; i < perRound; i += perCommit) {
            await store.commit((tx) => {
              for (let j = 0; j < perCommit; j += 1) tx.scans.enqueue(scanOf(i + j))
            })
          }
        },
      },
    },
    sizes.rounds,
  )
  bare.close()
  await store.close()
  const unit = 'jobs/s'
  return [
    {
      name,
      unit,
      value: perSecond(perRound, laps.holdfast),
      ...ratiosOf(laps.bare, laps.holdfast),
      reach: atLeast(0.5),
      note: 'of the bare inserts',
    },
    { name: `${name}/bare`, unit, value: perSecond(perRound, laps.bare), note: 'job, index, count and history rows' },
  ]
}
