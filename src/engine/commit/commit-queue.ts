/**
 * The queue of commits: takes them in order, runs them in groups, and waits for other processes without blocking.
 *
 *   idle ─enqueue─▶ scheduled ─turn─▶ group ─▶ settling ─▶ idle | group | scheduled (more queued)
 *                        ▲             │ another process holds the lock
 *                        └─── waiting ◀┘ (jittered timer; STORE_BUSY at the deadline)
 *
 * Settling: acknowledged callers often commit again at once. When their microtasks are done, what they have queued runs as the next
 * group in the same turn, which saves a turn for each; but no longer than a group may last, so that the loop goes on turning.
 *
 * Paused (the write-ahead log is being emptied, the store recovers) it takes commits and runs none.
 *
 * Taking turns with other processes: a process that has seen another one's commits lately leaves a gap of random length after
 * each of its own groups, so that whoever waits meets an open door. Without it the holder of the lock takes it again within
 * microseconds, and the others starve.
 */
import { HoldfastError } from '../../base/error.ts'
import type { Clock, Random, Timer } from '../../base/clock.ts'
import { isBusy } from '../../sqlite/sqlite-error.ts'
import type { CommitRequest } from './commit-request.ts'

/** A group takes commits until this long after its begin, ms (rule C5). */
export const groupMs = 5

/** Waits between tries for the lock and gaps left to others, ms. */
const retryMs = { min: 0.5, max: 6 }
const gapMs = { min: 1, max: 4 }

/** How long after seeing another process's commit a process still leaves gaps, ms. */
const contendedMs = 500

export interface QueueOptions {
  readonly clock: Clock
  readonly random: Random
  /** Commits waiting, at most. */
  readonly limit: number
  /** How long a commit waits for other processes, ms. */
  readonly deadlineMs: number
  /** Takes the write lock. @throws an error for which `isBusy` holds when another process has it */
  readonly begin: () => void
  /** Runs queued commits in the transaction just begun until `take` has none or `isTimeUp`; settles all it took. */
  readonly runGroup: (take: () => CommitRequest | undefined, isTimeUp: () => boolean) => void
}

export class CommitQueue {
  readonly #options: QueueOptions
  #requests: CommitRequest[] = []
  #first = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: Timer | undefined
  #contendedUntil = 0
  #isSettling = false
  /** Elapsed ms at which groups began to run in this turn of the event loop. */
  #turnBegan = 0
  #isTurnMarked = false
  readonly #pauses = new Set<string>()
  #whenIdle: (() => void)[] = []

  constructor(options: QueueOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#requests.length - this.#first
  }

  /** @throws HoldfastError QUEUE_FULL */
  add(request: CommitRequest): void {
    const { limit } = this.#options
    if (this.length >= limit) throw new HoldfastError('QUEUE_FULL', `${limit} commits are waiting already.`, { limit })
    // What is queued while groups run is queued in their turn; asking for the time of each costs more than it tells.
    request.queuedAt = this.#isTurnMarked ? this.#turnBegan : this.#options.clock.elapsed()
    this.#requests.push(request)
    this.#schedule()
  }

  /** Runs nothing until `resume` is called with the same reason. */
  pause(reason: string): void {
    this.#pauses.add(reason)
  }

  resume(reason: string): void {
    this.#pauses.delete(reason)
    this.#schedule()
  }

  /** Rejects every commit that has not run. */
  rejectAll(error: unknown): void {
    const waiting = this.#requests.slice(this.#first)
    this.#requests = []
    this.#first = 0
    for (const request of waiting) request.reject(error)
    this.#tellIdle()
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    if (this.length === 0) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  /**
   * Call when commits are being acknowledged: what their callers queue in reaction runs in this turn.
   */
  noteSettling(): void {
    if (this.#isSettling || this.#immediate !== undefined || this.#timer !== undefined) return
    this.#isSettling = true
    if (!this.#isTurnMarked) this.#markTurn()
    // A tick asked for in a microtask comes after all microtasks, however long their chains.
    queueMicrotask(() => process.nextTick(() => this.#goOn()))
  }

  /** Another process was seen writing: leave gaps for a while. */
  noteContention(): void {
    this.#contendedUntil = this.#options.clock.elapsed() + contendedMs
  }

  #schedule(): void {
    if (this.length === 0 || this.#pauses.size > 0 || this.#isSettling || this.#immediate !== undefined || this.#timer !== undefined) return
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined
      this.#run()
    })
  }

  /** Remembers when this turn of the event loop began to run groups, until the turn is over. */
  #markTurn(): void {
    this.#isTurnMarked = true
    this.#turnBegan = this.#options.clock.elapsed()
    setImmediate(() => {
      this.#isTurnMarked = false
    })
  }

  /** The callers that were acknowledged have reacted. */
  #goOn(): void {
    const { clock } = this.#options
    this.#isSettling = false
    const now = clock.elapsed()
    if (now < this.#contendedUntil) this.#scheduleNext()
    else if (now - this.#turnBegan < groupMs) this.#run()
    else this.#scheduleAfterTimers()
  }

  /**
   * The turn has been long: timers and sockets come before the next group. An immediate that is asked for while the loop polls,
   * where the answer to a sync arrives, runs in the same turn still; one asked for by an immediate runs in the next.
   */
  #scheduleAfterTimers(): void {
    if (this.length === 0 || this.#immediate !== undefined || this.#timer !== undefined) return
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined
      this.#schedule()
    })
  }

  #scheduleNext(): void {
    if (this.length > 0 && this.#options.clock.elapsed() < this.#contendedUntil) this.#wait(gapMs)
    else this.#schedule()
  }

  #run(): void {
    if (this.length === 0 || this.#pauses.size > 0) return
    const { clock } = this.#options
    if (!this.#isTurnMarked) this.#markTurn()
    try {
      this.#options.begin()
    } catch (error) {
      this.#refused(error)
      return
    }
    const endsAt = clock.elapsed() + groupMs
    this.#options.runGroup(
      () => this.#take(),
      () => clock.elapsed() >= endsAt,
    )
    if (this.length === 0) this.#tellIdle()
    else if (!this.#isSettling) this.#scheduleNext()
  }

  #take(): CommitRequest | undefined {
    const request = this.#requests[this.#first]
    if (request === undefined) return undefined
    this.#first += 1
    // A queue that is never empty lets go of what it has run all the same; each request is moved once at most, on average.
    if (this.#first * 2 >= this.#requests.length) {
      this.#requests = this.#requests.slice(this.#first)
      this.#first = 0
    }
    return request
  }

  #refused(error: unknown): void {
    if (!isBusy(error)) return this.rejectAll(error)
    this.#expire()
    if (this.length > 0) this.#wait(retryMs)
  }

  /** Gives up on commits that have waited for the lock as long as they may. */
  #expire(): void {
    const { clock, deadlineMs } = this.#options
    const now = clock.elapsed()
    while (this.length > 0) {
      const request = this.#requests[this.#first]
      const waitedMs = now - (request?.queuedAt ?? now)
      if (request === undefined || waitedMs < deadlineMs) return
      this.#take()
      const rounded = Math.round(waitedMs)
      request.reject(
        new HoldfastError('STORE_BUSY', `The write lock was not free for ${rounded} ms; nothing was applied.`, { waitedMs: rounded }),
      )
    }
    this.#tellIdle()
  }

  #wait({ min, max }: { readonly min: number; readonly max: number }): void {
    const { clock, random } = this.#options
    if (this.#timer !== undefined) return
    this.#timer = clock.after(min + random() * (max - min), () => {
      this.#timer = undefined
      this.#run()
    })
  }

  #tellIdle(): void {
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }
}
