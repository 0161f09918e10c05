/**
 * Lets records of a collection with a TTL expire (rule R8): by commits of a sweep each second, never by reading.
 *
 * Clocks cannot be trusted alone: after opening, a step of the clock or a machine that slept, whoever keeps a record alive gets the
 * time of one TTL, 30 s at most, before anything of it expires.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Report } from '../../base/report.ts'

export const sweepMs = 1000
const mostGraceMs = 30_000

/** How far the clock and the time that has passed may differ between two sweeps before it counts as a step, ms. */
const stepMs = 1000

export interface SweeperOptions {
  readonly kind: string
  readonly ttlMs: number
  readonly clock: Clock
  readonly report: Report
  /** Deletes what was not renewed since, milliseconds since 1970, in a commit. */
  readonly expire: (before: number) => Promise<unknown>
  /** Whether there is anything such. */
  readonly hasExpired: (before: number) => boolean
  /** The clock went back: brings renewals of a future that is no longer one to now. */
  readonly bringBack: (now: number) => Promise<unknown>
}

export class Sweeper {
  readonly #options: SweeperOptions
  #timer: Timer | undefined
  #running: Promise<unknown> = Promise.resolve()
  #graceUntil = 0
  /** The clock and the time passed at the last sweep. */
  #now = 0
  #elapsed = 0

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  start(): void {
    const { clock } = this.#options
    this.#now = clock.now()
    this.#elapsed = clock.elapsed()
    this.#giveGrace()
    this.#next()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#running
  }

  #next(): void {
    this.#timer = this.#options.clock.after(
      sweepMs,
      () => {
        this.#running = this.#sweep().catch((error: unknown) => this.#failed(error))
        this.#next()
      },
      { background: true },
    )
  }

  async #sweep(): Promise<void> {
    const { clock, ttlMs, expire, hasExpired, bringBack } = this.#options
    const now = clock.now()
    const elapsed = clock.elapsed()
    const passed = elapsed - this.#elapsed
    const stepped = now - this.#now - passed
    this.#now = now
    this.#elapsed = elapsed
    // A thread or a machine that stood still could renew nothing either.
    if (Math.abs(stepped) > stepMs || passed > 5 * sweepMs) this.#giveGrace()
    if (stepped < -stepMs) await bringBack(now)
    const before = now - ttlMs
    if (elapsed >= this.#graceUntil && hasExpired(before)) await expire(before)
  }

  #giveGrace(): void {
    this.#graceUntil = this.#elapsed + Math.min(this.#options.ttlMs, mostGraceMs)
  }

  /** A sweep that fails is the next one's work. */
  #failed(error: unknown): void {
    this.#options.report({ type: 'background-failed', message: `Expired records of "${this.#options.kind}" could not be deleted.`, error })
  }
}
