/** Calls of actions: once each, however often the line drops. */
import { backoffDelayMs } from '../base/backoff.ts'
import type { Stopwatch, Random } from '../base/clock.ts'
import type { CallAnswer, CallBody } from '../protocol/requests.ts'
import type { ReplicaError } from './replica-error.ts'
import type { Pauses } from './sync/pauses.ts'
import { askWhole, backoff, type Wire } from './sync/wire.ts'

export interface CallParts {
  readonly wire: Wire
  readonly clock: Stopwatch
  readonly random: Random
  readonly pauses: Pauses
  /** Aborted when the replica is closed, or nobody wants the answer any more. */
  readonly signal: AbortSignal
}

/** Asks until there is an answer. @returns rejects with ReplicaError, with the server's code, or the reason of `signal` */
export async function callAction({ wire, clock, random, pauses, signal }: CallParts, name: string, body: CallBody): Promise<CallAnswer> {
  for (let tries = 0; ; tries++) {
    try {
      return (await askWhole({ wire, clock, signal }, `call/${encodeURIComponent(name)}`, body)) as CallAnswer
    } catch (error) {
      if (signal.aborted || !isTransient(error as ReplicaError)) throw error
      await pauses.pause(Math.max(backoffDelayMs(backoff, tries, random), (error as ReplicaError).retryAfterMs ?? 0), signal)
    }
  }
}

/** Whether the same request may get another answer: there was none, it says so, or another server may know. */
function isTransient({ code, status = 503, retryAfterMs }: ReplicaError): boolean {
  if (code === 'UNREACHABLE') return status > 501 || [408, 425, 429].includes(status)
  return retryAfterMs !== undefined || code === 'COMMIT_UNKNOWN' || code === 'STORE_CLOSED'
}
