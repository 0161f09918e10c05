/** Waiting for the replica to have applied a cursor. */
import type { Stopwatch } from '../../base/clock.ts'
import { epochOf, revisionOf } from '../../protocol/commit-text.ts'
import { silenceMs } from '../../protocol/limits.ts'
import { historyChanged, ReplicaError } from '../replica-error.ts'
import type { SettledOptions } from '../replica.ts'
import type { HeldState } from './held-state.ts'

export interface SettlingParts {
  readonly held: HeldState
  readonly clock: Stopwatch
  readonly closed: AbortSignal
  /** Asks the server at once where it is. */
  readonly hurry: () => void
}

/**
 * Resolves once it has. A cursor of a history that was followed and is no more never will be; one of another history may belong to the next
 * one, but of that the server tells before long.
 *
 * @returns rejects with ReplicaError NOT_SETTLED · CURSOR_DIVERGED · REPLICA_CLOSED, or the reason of `signal`
 */
export async function settle({ held, clock, closed, hurry }: SettlingParts, cursor: string, options: SettledOptions = {}): Promise<void> {
  const { signal = closed, timeoutMs = Infinity } = options
  const ended = AbortSignal.any([closed, signal])
  const epoch = epochOf(cursor)
  const startedAt = clock.elapsed()
  let elsewhereAt = Infinity
  for (let looks = 0; ; looks++) {
    const { data } = held
    const now = clock.elapsed()
    if (data?.epoch === epoch) {
      if (revisionOf(cursor) <= data.revision) return
      elsewhereAt = -Infinity
    } else if (data) {
      elsewhereAt = Math.min(elsewhereAt, now)
      if (now - elsewhereAt >= silenceMs) throw historyChanged(cursor)
    }
    ended.throwIfAborted()
    const leftMs = startedAt + timeoutMs - now
    if (leftMs <= 0) throw notSettled(cursor, timeoutMs)
    if (looks === 0) hurry()
    await held.moves.pause(leftMs, ended)
  }
}

function notSettled(cursor: string, timeoutMs: number): ReplicaError {
  return new ReplicaError('NOT_SETTLED', `Not reached in ${timeoutMs} ms. See status.`, { cursor, timeoutMs })
}
