/**
 * When what was written behind is committed (rule D3).
 *
 *   empty ─write─▶ waiting (100 ms) ─▶ flushing ─▶ empty | waiting (written meanwhile)
 *                       ▲                  │ failed
 *                       └──── backoff ◀────┘   what is pending stays; health says so
 *
 * One flush is one commit of all kinds. What is pending keeps the process alive.
 */
import { type Backoff, backoffDelayMs } from '../../base/backoff.ts'
import { HoldfastError } from '../../base/error.ts'
import type { Clock, Random, Timer } from '../../base/clock.ts'
import type { Report } from '../../base/report.ts'
import type { Durability } from '../../state/durability.ts'
import { writtenBehind } from '../commit/commit-group.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { CommitRequest } from '../commit/commit-request.ts'
import { OwnRequest } from '../commit/own-request.ts'
import type { PendingRecords } from './pending-records.ts'

/** How long a write may stay pending, ms. */
export const windowMs = 100

const failureBackoff: Backoff = Object.freeze({ minMs: 200, maxMs: 10_000 })

export interface DelayedWritesOptions {
  readonly clock: Clock
  readonly random: Random
  readonly report: Report
  readonly maxCommitBytes: number
  readonly enqueue: (request: CommitRequest) => void
}

export class DelayedWrites {
  readonly #options: DelayedWritesOptions
  readonly #kinds: PendingRecords[] = []
  #timer: Timer | undefined
  /** Flushes that failed, since the last one that did not. */
  #failures = 0
  #isFlushing = false
  /** What the last flush failed with. */
  failure: Error | undefined

  constructor(options: DelayedWritesOptions) {
    this.#options = options
  }

  /** Records written and not committed yet. */
  get pending(): number {
    return this.#kinds.reduce((count, { size }) => count + size, 0)
  }

  add(pending: PendingRecords): void {
    this.#kinds.push(pending)
  }

  /** Something is about to be written, so many characters more. @throws HoldfastError COMMIT_TOO_LARGE when one commit would not hold it */
  noteWrite(characters: number): void {
    const { maxCommitBytes } = this.#options
    const pending = this.#kinds.reduce((sum, kind) => sum + kind.characters, characters)
    // A commit holds what was there before as well, and a character may be three bytes.
    if (characters > 0 && pending > maxCommitBytes / 4) throw tooMuch(pending, maxCommitBytes)
    if (!this.#isFlushing) this.#wait(windowMs)
  }

  /**
   * Commits everything pending now.
   *
   * @param durability what the promise waits for; default the store's
   * @returns rejects with what the commit failed with; what is pending stays, and is tried again by itself
   */
  async flush(durability?: Durability): Promise<void> {
    const kinds = this.#kinds.filter(({ size }) => size > 0)
    if (kinds.length === 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isFlushing = true
    try {
      const write = (commit: CommitContext): void => kinds.forEach((pending) => pending.writeTo(commit))
      const request = new OwnRequest(write, { label: writtenBehind, durability })
      this.#options.enqueue(request)
      await request.promise
      this.#failures = 0
      this.failure = undefined
    } catch (error) {
      this.#failed(error)
      throw error
    } finally {
      this.#isFlushing = false
      if (this.pending > 0) this.#wait(this.#failures === 0 ? windowMs : this.#retryMs())
    }
  }

  /** Tries once more, and says what is lost where that fails. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined)
    this.#timer?.cancel()
    this.#timer = undefined
    const { pending, failure: error } = this
    if (pending === 0) return
    const message = `The store was closed, and ${pending} records written behind could not be committed.`
    this.#options.report({ type: 'background-failed', message, error })
  }

  #wait(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      void this.flush('process').catch(() => undefined)
    })
  }

  #retryMs(): number {
    return backoffDelayMs(failureBackoff, this.#failures - 1, this.#options.random)
  }

  /** The first of several failures is reported. */
  #failed(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error))
    if (this.#failures === 0) {
      const message = 'What was written behind could not be committed; it stays pending and is tried again.'
      this.#options.report({ type: 'background-failed', message, error })
    }
    this.#failures += 1
  }
}

function tooMuch(pending: number, maxBytes: number): HoldfastError<'COMMIT_TOO_LARGE'> {
  const message = `With this, ${pending} characters would be written behind and not committed; one commit holds at most ${maxBytes / 4} of them. Await store.flush() between.`
  return new HoldfastError('COMMIT_TOO_LARGE', message, { bytes: pending, maxBytes })
}
