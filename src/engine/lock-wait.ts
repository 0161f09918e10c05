/** Waiting for another process's lock on the thread of the store: in turns of the event loop, with jitter. */
import type { Clock, Random } from '../base/clock.ts'
import { isBusy } from '../sqlite/sqlite-error.ts'

/** Waits between two tries, ms. */
const retryMs = { min: 1, max: 10 }

export interface LockWait {
  readonly clock: Clock
  readonly random: Random
  /** How long to go on trying, ms; then the STORE_BUSY of the last try goes to the caller. */
  readonly deadlineMs: number
}

/** Runs `attempt` until it meets no lock. */
export async function untilFree<Result>(attempt: () => Result, { clock, random, deadlineMs }: LockWait): Promise<Result> {
  const endsAt = clock.elapsed() + deadlineMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || clock.elapsed() >= endsAt) throw error
    }
    await new Promise<void>((resolve) => void clock.after(retryMs.min + random() * (retryMs.max - retryMs.min), resolve))
  }
}
