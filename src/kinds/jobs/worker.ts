/**
 * A worker: takes jobs in their turn, as many at once as it may, until it is stopped.
 *
 * It looks for work whenever the queue changes, when the next snoozed job is due, and each second for what nobody told it. A look is a
 * read; only when there is something to claim, and a place free, it commits. When an attempt has ended there is a commit anyway, and it
 * claims in that one without a look. Claims of several places are one commit.
 */
import type { Timer } from '../../base/clock.ts'
import { isHoldfastError } from '../../base/error.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import { type AnyHandler, Attempt } from './attempt.ts'
import type { Desk } from './desk.ts'
import type { Claimed, Claimant } from './transitions.ts'

/** How long running jobs have to end by themselves when their worker is stopped, ms. */
export const defaultDrainMs = 5000

/** Timers are not exact over long times, and clocks step: looks again at least so often, ms. */
const longestWaitMs = 60_000

export interface WorkerOptions {
  readonly concurrency: number
  readonly drainMs: number
}

/** What a worker needs of its queue. */
export interface WorkerParts {
  readonly desk: Desk
  readonly services: KindServices
  readonly claimant: Claimant
  /** When the next job may run: now or earlier, later, or never. Undefined also while the queue is paused. */
  readonly nextAt: () => number | undefined
  /** Told once nothing runs any more. */
  readonly onStopped: (worker: Worker) => void
}

export class Worker {
  readonly #parts: WorkerParts
  readonly #handler: AnyHandler
  readonly #options: WorkerOptions
  readonly #running = new Map<string, Attempt>()
  readonly #ends = new Map<Attempt, Promise<void>>()
  /** Places that are taken. One is free again when its handler and children have ended: the next claim shares the transaction with that end. */
  #busy = 0
  #claiming: Promise<void> | undefined
  #timer: Timer | undefined
  /** When there may be attempts that have had their time: one timer for all, since most never come to that. */
  #deadline: Timer | undefined
  #stopped: Promise<void> | undefined
  #drainMs: number

  constructor(parts: WorkerParts, handler: AnyHandler, options: WorkerOptions) {
    this.#parts = parts
    this.#handler = handler
    this.#options = options
    this.#drainMs = options.drainMs
  }

  get running(): number {
    return this.#running.size
  }

  /** How long `stop` lets running jobs go on, ms. */
  get drainMs(): number {
    return this.#drainMs
  }

  get isClaiming(): boolean {
    return this.#claiming !== undefined
  }

  /** The attempt that runs a job, if it does so here. */
  attemptOf(id: string): Attempt | undefined {
    return this.#running.get(id)
  }

  attempts(): Iterable<Attempt> {
    return this.#running.values()
  }

  /** Looks for work, if there is a place free. */
  wake(): void {
    if (this.#stopped !== undefined || this.#claiming !== undefined || this.#free <= 0) return
    this.#timer?.cancel()
    const { clock } = this.#parts.services
    const nextAt = this.#look()
    if (nextAt === undefined) return
    const waitMs = nextAt - clock.now()
    if (waitMs <= 0) this.#claiming = this.#claim()
    else this.#timer = clock.after(Math.min(waitMs, longestWaitMs), () => this.wake(), { background: true })
  }

  /** Takes no more; lets what runs end for so long, then cuts it short and gives the jobs back. Called again, it waits for the same. */
  stop(drainMs: number = this.#options.drainMs): Promise<void> {
    if (this.#stopped === undefined) {
      this.#drainMs = drainMs
      this.#stopped = this.#stop(drainMs)
    }
    return this.#stopped
  }

  get #free(): number {
    return this.#options.concurrency - this.#busy
  }

  #look(): number | undefined {
    try {
      return this.#parts.nextAt()
    } catch (error) {
      if (!isHoldfastError(error, 'STORE_CLOSED')) this.#report('Looking for jobs failed; it is tried again.', error)
      return undefined
    }
  }

  async #claim(): Promise<void> {
    const { desk, claimant } = this.#parts
    let claimed: readonly Claimed[] = []
    let hasFailed = false
    try {
      claimed = await desk.exchange.claim(claimant, () => this.#free)
    } catch (error) {
      hasFailed = true
      this.#report('Claiming jobs failed; it is tried again.', error)
    }
    this.#claiming = undefined
    const now = this.#parts.services.clock.elapsed()
    for (const one of claimed) this.#start(one, now)
    if (this.#deadline === undefined) this.#awaitDeadline()
    // After a failure the next tick looks again.
    if (!hasFailed) this.wake()
  }

  #start(claimed: Claimed, now: number): void {
    const attempt = new Attempt(claimed, this.#parts.desk, now)
    this.#running.set(claimed.job.id, attempt)
    if (this.#stopped !== undefined) attempt.cutShort('stopped')
    this.#busy += 1
    this.#ends.set(attempt, this.#run(attempt))
  }

  async #run(attempt: Attempt): Promise<void> {
    await attempt.run(this.#handler, () => {
      this.#busy -= 1
      this.#claimBeside()
    })
    if (this.#running.get(attempt.job.id) === attempt) this.#running.delete(attempt.job.id)
    this.#ends.delete(attempt)
  }

  /** Arms the timer for the attempt that has had its time first. Those that have been cut short still may be running. */
  #awaitDeadline(): void {
    const { clock } = this.#parts.services
    const now = clock.elapsed()
    let next = Infinity
    for (const { endsAt } of this.#running.values()) if (endsAt > now) next = Math.min(next, endsAt)
    if (next === Infinity) return
    this.#deadline = clock.after(Math.min(next - now, longestWaitMs), () => this.#checkDeadlines(), { background: true })
  }

  #checkDeadlines(): void {
    this.#deadline = undefined
    const now = this.#parts.services.clock.elapsed()
    for (const attempt of this.#running.values()) if (attempt.endsAt <= now) attempt.cutShort('timeout')
    this.#awaitDeadline()
  }

  /** A place is free, and the end of the attempt that had it is on its way to the store. */
  #claimBeside(): void {
    if (this.#stopped !== undefined || this.#claiming !== undefined) return
    this.#timer?.cancel()
    this.#claiming = this.#claim()
  }

  async #stop(drainMs: number): Promise<void> {
    this.#timer?.cancel()
    await this.#claiming
    const cut = this.#parts.services.clock.after(drainMs, () => {
      for (const attempt of this.#running.values()) attempt.cutShort('stopped')
    })
    await Promise.all(this.#ends.values())
    cut.cancel()
    this.#deadline?.cancel()
    this.#parts.onStopped(this)
  }

  #report(message: string, error: unknown): void {
    this.#parts.services.report({ type: 'background-failed', message, error })
  }
}
