/**
 * How well the store is doing, as far as it is known, for health (rule X51).
 *
 * A disk is asked each time whether it has space and lets itself be written. What else refused the last write, such as a quota or a drive
 * that fails, is believed until a write succeeds. Who asks for health has one tried, at most once a second.
 */
import type { Clock } from '../base/clock.ts'
import { type HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Report } from '../base/report.ts'
import { whyUnwritable } from '../sqlite/file-system.ts'

/** Between two tries to write, ms. */
const tryEveryMs = 1000

/** Errors by which a disk refuses a write. */
const refusals: readonly HoldfastError['code'][] = ['DISK_FULL', 'STORE_IO', 'PERMISSION', 'STORE_READ_ONLY', 'STORE_CORRUPT']

export interface ConditionParts {
  readonly clock: Clock
  readonly report: Report
  /** Undefined for a store in memory. */
  readonly directory: string | undefined
  /** Writes a little; what comes of it is noted like any other write. */
  readonly tryWrite: () => void
}

export class Condition {
  readonly #parts: ConditionParts
  /** What the disk refused the last write with. */
  #refusal: Error | undefined
  #triedAt = -Infinity
  /** Stored values that did not parse and were skipped. */
  undecodable = 0

  constructor(parts: ConditionParts) {
    this.#parts = parts
  }

  noteUndecodable(kind: string, key: string): void {
    this.undecodable += 1
    const message = `The stored value of ${kind} ${JSON.stringify(key)} does not parse; it is skipped.`
    this.#parts.report({ type: 'undecodable', message })
  }

  /** A transaction failed as a whole. */
  noteFailed(error: unknown): void {
    if (isHoldfastError(error) && refusals.includes(error.code)) this.#refusal = error
  }

  /** Something was written, and committed. */
  noteWritten(): void {
    this.#refusal = undefined
  }

  /** Why the disk takes no writes, in one sentence; undefined where it does, as far as is known. */
  whyUnwritable(): string | undefined {
    const { directory, clock, tryWrite } = this.#parts
    if (directory === undefined) return undefined
    const reason = whyUnwritable(directory)
    if (reason !== undefined || this.#refusal === undefined) return reason
    const now = clock.elapsed()
    if (now - this.#triedAt >= tryEveryMs) {
      this.#triedAt = now
      tryWrite()
    }
    return `The last write failed: ${this.#refusal.message}`
  }
}
