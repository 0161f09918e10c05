/** How many rows the slices of a snapshot have (rule H5). */
import { HoldfastError } from '../../base/error.ts'
import type { Clock } from '../../base/clock.ts'

/** A slice should take this long, ms; and how many rows the first one of a kind has, whose records may be of any size. */
const sliceMs = 3
const firstRows = 16
export const mostRows = 20_000

/** A snapshot's read transaction is open this long at most, ms: the write-ahead log cannot be emptied while it is. */
const openMs = 5000

/** Fits the size of slices to the time they take, and gives the event loop its turn between them. */
export class Pace {
  rows: number = firstRows
  readonly #clock: Clock
  readonly #startedAt: number
  #sliceAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.elapsed()
    this.#sliceAt = this.#startedAt
  }

  /** The next kind: what its records take is not known yet. */
  begin(): void {
    this.rows = firstRows
    this.#sliceAt = this.#clock.elapsed()
  }

  /** @throws HoldfastError SNAPSHOT_TOO_SLOW */
  async next(): Promise<void> {
    const tookMs = Math.max(this.#clock.elapsed() - this.#sliceAt, 0.05)
    const wanted = Math.round((this.rows * sliceMs) / tookMs)
    this.rows = Math.max(1, Math.min(mostRows, wanted, this.rows * 2))
    await new Promise((resolve) => setImmediate(resolve))
    this.#sliceAt = this.#clock.elapsed()
    const elapsedMs = this.#sliceAt - this.#startedAt
    if (elapsedMs > openMs) throw tooSlow(elapsedMs)
  }
}

function tooSlow(elapsedMs: number): HoldfastError<'SNAPSHOT_TOO_SLOW'> {
  const details = { elapsedMs: Math.round(elapsedMs), limitMs: openMs }
  return new HoldfastError(
    'SNAPSHOT_TOO_SLOW',
    `The snapshot was not read after ${details.elapsedMs} ms; its limit is ${openMs} ms.`,
    details,
  )
}
