/**
 * When what was written behind is committed (rule D3).
 *
 *   empty ─write─▶ waiting (100 ms) ─▶ flushing ─▶ empty | waiting (written meanwhile)
 *                       ▲                  │ failed
 *                       └──── backoff ◀────┘   what is pending stays; health says so
 *
 * One flush is one commit of all kinds; only where that would be too large for one are there several. What is pending keeps the process
 * alive, but for writes that are refused for what they say: those are left out, named in health and one report, and tried again.
 */
import { type Backoff, backoffDelayMs } from '../../base/backoff.ts'
import { HoldfastError, isHoldfastError } from '../../base/error.ts'
import type { Clock, Random, Timer } from '../../base/clock.ts'
import type { Report } from '../../base/report.ts'
import type { Durability } from '../../state/durability.ts'
import { writtenBehind } from '../commit/commit-group.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { CommitRequest } from '../commit/commit-request.ts'
import { OwnRequest } from '../commit/own-request.ts'
import type { PendingRecords, PendingWrite, RefusedWrite } from './pending-records.ts'

/** How long a write may stay pending, ms. */
export const windowMs = 100

/** Refused writes that health names, at most. */
const mostNamed = 100

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
  /** Flushes that failed or left something out, since the last one that did not. */
  #failures = 0
  #isFlushing = false
  /** What it waits for is to try again what is refused, and nothing else: for that no process is kept alive. */
  #isResting = false
  #failure: Error | undefined

  constructor(options: DelayedWritesOptions) {
    this.#options = options
  }

  /** Records written and not committed yet. */
  get pending(): number {
    return this.#kinds.reduce((count, { size }) => count + size, 0)
  }

  /** What the last flush failed with, or what was left out by it was refused for. */
  get failure(): string | undefined {
    return this.#failure?.message ?? this.refused(1)[0]?.message
  }

  /** Writes that are refused for what they say, while others are committed. */
  refused(most: number = mostNamed): readonly RefusedWrite[] {
    return this.#kinds.flatMap((kind) => [...kind.refused()]).slice(0, most)
  }

  /** A write is refused for the first time. */
  noteRefused(kind: string, { key, refusal: error }: PendingWrite): void {
    const message = `${kind} ${JSON.stringify(key)} was written behind and cannot be committed; it stays pending, and is tried again.`
    this.#options.report({ type: 'write-refused', message, error })
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
    if (this.#isFlushing) return
    if (this.#isResting) this.#cancelTimer()
    this.#wait(windowMs)
  }

  /**
   * Commits everything pending now.
   *
   * @param durability what the promise waits for; default the store's
   * @returns rejects with what the commit failed with, or with what one of the writes was refused for; what is pending stays, and is tried
   * again by itself
   */
  async flush(durability?: Durability): Promise<void> {
    const kinds = this.#kinds.filter(({ size }) => size > 0)
    if (kinds.length === 0) return
    this.#cancelTimer()
    this.#isFlushing = true
    try {
      await this.#commitAll(kinds, durability)
      this.#failure = undefined
      this.#failures = this.#refusal === undefined ? 0 : this.#failures + 1
    } catch (error) {
      this.#failed(error)
      throw error
    } finally {
      this.#isFlushing = false
      this.#waitAgain()
    }
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** Tries once more, and says what is lost where that fails. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined)
    this.#cancelTimer()
    const { pending } = this
    if (pending === 0) return
    const named = this.refused().map(({ kind, key }) => `${kind} ${JSON.stringify(key)}`)
    const which = named.length === 0 ? '' : ` Refused were ${named.join(', ')}.`
    const message = `The store was closed, and ${pending} records written behind could not be committed.${which}`
    this.#options.report({ type: 'background-failed', message, error: this.#failure })
  }

  /** What the first of those was refused with that are refused. */
  get #refusal(): HoldfastError | undefined {
    return this.#kinds.find(({ firstRefusal }) => firstRefusal !== undefined)?.firstRefusal
  }

  /** All that is pending is refused. */
  get #isStuck(): boolean {
    return this.#kinds.every(({ size, refusedSize }) => size === refusedSize)
  }

  async #commitAll(kinds: readonly PendingRecords[], durability: Durability | undefined): Promise<void> {
    try {
      await this.#commit((commit) => kinds.forEach((pending) => pending.writeTo(commit)), durability)
    } catch (error) {
      if (!isHoldfastError(error, 'COMMIT_TOO_LARGE')) throw error
      for (const pending of kinds) await this.#commitInParts(pending, [...pending.all()], durability)
    }
    if (!this.#isStuck) return
    for (const pending of kinds) for (const write of pending.tooLarge()) await this.#commitInParts(pending, [write], durability)
  }

  /** What they replace is a part of a commit, too, and may be far larger than they are. */
  async #commitInParts(pending: PendingRecords, some: readonly PendingWrite[], durability: Durability | undefined): Promise<void> {
    const [first] = some
    if (first === undefined) return
    try {
      await this.#commit((commit) => pending.writeTo(commit, some), durability)
    } catch (error) {
      if (!isHoldfastError(error, 'COMMIT_TOO_LARGE')) throw error
      if (some.length === 1) return pending.refuse(first, error)
      const half = Math.ceil(some.length / 2)
      await this.#commitInParts(pending, some.slice(0, half), durability)
      await this.#commitInParts(pending, some.slice(half), durability)
    }
  }

  async #commit(write: (commit: CommitContext) => void, durability: Durability | undefined): Promise<void> {
    const request = new OwnRequest(write, { label: writtenBehind, durability })
    this.#options.enqueue(request)
    await request.promise
  }

  #waitAgain(): void {
    if (this.pending === 0) return
    this.#isResting = this.#isStuck
    this.#wait(this.#isResting || this.#failure !== undefined ? this.#retryMs() : windowMs)
  }

  #wait(delayMs: number): void {
    const flush = (): void => {
      this.#timer = undefined
      void this.flush('process').catch(() => undefined)
    }
    this.#timer ??= this.#options.clock.after(delayMs, flush, { background: this.#isResting })
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isResting = false
  }

  #retryMs(): number {
    return backoffDelayMs(failureBackoff, this.#failures - 1, this.#options.random)
  }

  /** The first of several failures is reported. */
  #failed(error: unknown): void {
    if (this.#failure === undefined) {
      const message = 'What was written behind could not be committed; it stays pending and is tried again.'
      this.#options.report({ type: 'background-failed', message, error })
    }
    this.#failure = error instanceof Error ? error : new Error(String(error))
    this.#failures += 1
  }
}

function tooMuch(pending: number, maxBytes: number): HoldfastError<'COMMIT_TOO_LARGE'> {
  const message = `With this, ${pending} characters would be written behind and not committed; one commit holds at most ${maxBytes / 4} of them. Await store.flush() between.`
  return new HoldfastError('COMMIT_TOO_LARGE', message, { bytes: pending, maxBytes })
}
