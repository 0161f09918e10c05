/**
 * Which transport to try: from the best down, and up again after a while (rule X10).
 *
 *   sse ──2 failures in a row──▶ long-poll ──2──▶ poll ──2──▶ sse
 *    ▲                              │              │
 *    └───── 60 s later, one try of each better one ┘
 *
 * Only what opened and delivered nothing, or did not open, is a failure. Better ones are tried between polls, and when a stream has ended; for the
 * first time at once: when all failed because the server was away, the transport was not to blame.
 */
import type { Stopwatch } from '../../base/clock.ts'

/** What carries the feed: a WebSocket, server-sent events, answers that wait for a commit, or answers every 2 s. */
export type Transport = 'websocket' | 'sse' | 'long-poll' | 'poll'

/** One of them, or several from the best down; `auto` is the ladder above. */
export type ChosenTransport = 'auto' | Transport | readonly ('auto' | Transport)[]

const failuresEach = 2
const climbMs = 60_000

export interface Ladder {
  readonly current: Transport
  /** A better one is being tried, while this one would do. */
  readonly isClimbing: boolean
  /** True, once, when it is time to try better ones; `current` is the first of them then. */
  climb(): boolean
  /** The current one has delivered. */
  delivered(): void
  /** It has not. True when it was tried while another one would do. */
  failed(): boolean
}

export function createLadder(clock: Stopwatch, transport: ChosenTransport): Ladder {
  const rungs = String(transport).replace('auto', 'sse,long-poll,poll').split(',') as readonly Transport[]
  let rung = 0
  let failures = 0
  /** While better ones are tried: the rung to come back to, which is not the best. */
  let home = 0
  let climbAt = 0

  const settle = (): void => {
    climbAt = clock.elapsed() + climbMs
    home = 0
  }

  return {
    get current() {
      return rungs[rung] as Transport
    },
    get isClimbing() {
      return home > 0
    },
    climb() {
      if (rung === 0 || home > 0 || clock.elapsed() < climbAt) return false
      home = rung
      rung = 0
      return true
    },
    delivered() {
      failures = 0
      if (home > 0) settle()
    },
    failed() {
      if (home > 0) {
        rung += 1
        if (rung === home) settle()
        return true
      }
      failures += 1
      if (failures === failuresEach) {
        failures = 0
        rung = (rung + 1) % rungs.length
        climbAt = 0
      }
      return false
    },
  }
}
