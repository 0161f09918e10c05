/**
 * Which transport to try: from the best down, and up again after a while (rule X10).
 *
 *   sse ──2 failures in a row──▶ long-poll ──2──▶ poll ──2──▶ sse
 *    ▲                              │              │
 *    └───── 60 s later, one try of each better one ┘
 *
 * Only what opened and delivered nothing, or did not open, is a failure. The first try of better ones comes after 5 s: when all failed
 * because the server was away, the transport is not to blame.
 */
import type { Clock } from '../../base/clock.ts'

/** What carries the feed: server-sent events, answers that wait for a commit, or answers every 2 s. */
export type Transport = 'sse' | 'long-poll' | 'poll'

const failuresEach = 2
const firstClimbMs = 5_000
const climbMs = 60_000

export class Ladder {
  readonly #clock: Clock
  readonly #rungs: readonly Transport[]
  #rung = 0
  #failures = 0
  /** While better ones are tried: the rung to come back to. */
  #home: number | undefined
  #climbAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock, transport: 'auto' | Transport) {
    this.#clock = clock
    this.#rungs = transport === 'auto' ? ['sse', 'long-poll', 'poll'] : [transport]
  }

  get current(): Transport {
    return this.#rungs[this.#rung] as Transport
  }

  /** A better one is being tried, while this one would do. */
  get isClimbing(): boolean {
    return this.#home !== undefined
  }

  /** True, once, when it is time to try better ones; `current` is the first of them then. */
  climb(): boolean {
    if (this.#rung === 0 || this.isClimbing || this.#clock.elapsed() < this.#climbAt) return false
    this.#home = this.#rung
    this.#rung = 0
    return true
  }

  /** The current one has delivered. */
  delivered(): void {
    this.#failures = 0
    if (this.isClimbing) this.#climbAt = this.#clock.elapsed() + climbMs
    if (this.#climbAt === Number.POSITIVE_INFINITY) this.#climbAt = this.#clock.elapsed() + firstClimbMs
    this.#home = undefined
  }

  failed(): void {
    if (this.#home !== undefined) {
      this.#rung += 1
      if (this.#rung < this.#home) return
      this.#home = undefined
      this.#climbAt = this.#clock.elapsed() + climbMs
      return
    }
    this.#failures += 1
    if (this.#failures < failuresEach) return
    this.#failures = 0
    this.#rung = (this.#rung + 1) % this.#rungs.length
    this.#climbAt = Number.POSITIVE_INFINITY
  }
}
