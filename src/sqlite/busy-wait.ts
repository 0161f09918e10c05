/** Waiting for a lock in the helper thread, which may block: with jitter, so that processes take turns. */
import { isBusy } from './sqlite-error.ts'

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. Never called on the thread of the store. */
function pause(delayMs: number): void {
  Atomics.wait(cell, 0, 0, delayMs)
}

/**
 * Runs `attempt` until it meets no lock, at most for `deadlineMs`; then its STORE_BUSY goes to the caller.
 *
 * SQLite's own busy handler is not used: it starves processes that have waited long (measured: one of four got 1 commit in
 * 4 s), a jittered retry does not.
 */
export function whileBusy<Result>(attempt: () => Result, deadlineMs: number): Result {
  const endsAt = performance.now() + deadlineMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endsAt) throw error
      pause(1 + Math.random() * 9)
    }
  }
}
