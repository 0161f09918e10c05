/**
 * A worker of the harness: `node worker.ts {"directory": …, "plant": …}`. Each job writes that it began, works, and completes in one commit
 * with its effect; then it tries once more, which must be refused. A message `{ stepMs }` sets its clock.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { systemSeams } from '../../../src/engine/seams.ts'
import { isHoldfastError } from '../../../src/index.ts'
import { openStoreWith } from '../../../src/store/open-store.ts'
import { jobState } from './state.ts'

/** What a worker says to its harness. */
export type Word = { readonly is: 'open' } | { readonly is: 'lost' } | { readonly is: 'wrong'; readonly what: string }

export interface WorkerSetup {
  readonly directory: string
  /** Writes the effect without showing the lease: the harness must notice. */
  readonly plant: 'no-fence' | undefined
  /** Works, or has the store open only, as for schedules. */
  readonly works: boolean
}

const { directory, plant, works } = JSON.parse(process.argv[2] ?? '{}') as WorkerSetup
let stepMs = 0
const seams = systemSeams()
const clock = { ...seams.clock, now: () => seams.clock.now() + stepMs }
const store = await openStoreWith({ ...seams, clock }, jobState, { directory, durability: 'process' })

function say(word: Word): void {
  process.send?.(word)
}

function busy(forMs: number): void {
  for (const endsAt = performance.now() + forMs; performance.now() < endsAt;);
}

function work(): void {
  store.tasks.work(
    async ({ id, attempt, input }, { commit }) => {
      const write = (more: { readonly begun: number; readonly completed: number }) =>
        commitOf()((tx) => {
          const { begun, completed } = tx.effects.get(id) ?? { begun: 0, completed: 0 }
          tx.effects.put({ id, attempt, begun: begun + more.begun, completed: completed + more.completed })
          return { attempt }
        })
      const commitOf = () => (plant === 'no-fence' ? store.commit.bind(store) : commit)
      try {
        await write({ begun: 1, completed: 0 })
        await pause(input.idleMs)
        busy(input.busyMs)
        await commit(
          (tx) => {
            const { begun, completed } = tx.effects.get(id) ?? { begun: 0, completed: 0 }
            tx.effects.put({ id, attempt, begun, completed: completed + 1 })
            return { attempt }
          },
          { completes: true },
        )
      } catch (error) {
        if (!isHoldfastError(error, 'LEASE_LOST')) say({ is: 'wrong', what: String(error) })
        say({ is: 'lost' })
        if (plant === 'no-fence') await write({ begun: 1, completed: 0 })
      }
      return { attempt }
    },
    { concurrency: 3 },
  )
}

process.on('message', (message: { readonly stepMs: number }) => {
  ;({ stepMs } = message)
})
process.on('disconnect', () => process.exit())
if (works) work()
say({ is: 'open' })
