import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { better, defineQueue, defineWorker } from 'plainjob'
import { openStore } from '../../src/index.ts'
import { perSecond } from '../commits/per-second.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { race, ratiosOf } from '../harness/race.ts'
import type { ClosableContender } from '../commits/contenders.ts'
import { queueState, type QueueStore, scanOf } from './bench-queue.ts'

const concurrency = 10

export const jobsRun: Benchmark = {
  name: 'jobs-run',
  about: 'jobs claimed, run (nothing to do) and completed, 10 at once, process, against plainjob on better-sqlite3 with as much durability',
  run: runJobs,
}

async function runJobs({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const { name } = jobsRun
  const perRound = sizes.sequential
  const store = await openStore(queueState, { directory: workspace.directory(name), driver, durability: 'process' })
  const contenders = { plainjob: createPlainjob(workspace.directory(name), perRound), holdfast: createHoldfast(store, perRound) }
  const laps = await race(contenders, sizes.rounds)
  for (const contender of Object.values(contenders)) await contender.close()
  const unit = 'jobs/s'
  return [
    {
      name,
      unit,
      value: perSecond(perRound, laps.holdfast),
      ...ratiosOf(laps.plainjob, laps.holdfast),
      reach: atLeast(3),
      note: 'of plainjob',
    },
    { name: `${name}/plainjob`, unit, value: perSecond(perRound, laps.plainjob), note: 'no history, no leases, no index by state' },
  ]
}

function createHoldfast(store: QueueStore, perRound: number): ClosableContender {
  return {
    async prepare() {
      await store.commit((tx) => {
        for (let i = 0; i < perRound; i += 1) tx.scans.enqueue(scanOf(i))
      })
    },
    async run() {
      const all = Promise.withResolvers<void>()
      let run = 0
      const worker = store.scans.work(() => ((run += 1) === perRound ? all.resolve() : undefined), { concurrency })
      await all.promise
      // Waits until the last of them is completed, too.
      await worker.stop()
    },
    close: () => store.close(),
  }
}

function createPlainjob(directory: string, perRound: number): ClosableContender {
  const nothing = (): void => undefined
  const logger = { error: nothing, warn: nothing, info: nothing, debug: nothing }
  mkdirSync(directory, { recursive: true })
  // WAL with synchronous=NORMAL, as it sets them itself: what survives is what does under `process`.
  const queue = defineQueue({ connection: better(new Database(join(directory, 'queue.db'))), logger })
  return {
    prepare: () =>
      void queue.addMany(
        'scan',
        Array.from({ length: perRound }, (_, i) => scanOf(i)),
      ),
    async run() {
      const all = Promise.withResolvers<void>()
      let completed = 0
      const onCompleted = (): void => ((completed += 1) === perRound ? all.resolve() : undefined)
      const workers = Array.from({ length: concurrency }, () =>
        defineWorker('scan', nothing, { queue, logger, pollIntervall: 1, onCompleted }),
      )
      for (const worker of workers) void worker.start()
      await all.promise
      await Promise.all(workers.map((worker) => worker.stop()))
    },
    close: () => queue.close(),
  }
}
