/** Calls of actions: once each, however often the line drops. */
import { backoffDelayMs } from '../base/backoff.ts'
import type { Clock, Random } from '../base/clock.ts'
import { heartbeatMs, missedHeartbeats } from '../protocol/limits.ts'
import type { CallAnswer, CallBody } from '../protocol/requests.ts'
import { replicaClosed, type ReplicaError, toReplicaError, unreachable } from './replica-error.ts'
import type { Wire } from './sync/wire.ts'
import { Pauses } from './sync/pauses.ts'
import { Watchdog } from './sync/watchdog.ts'

const backoff = { minMs: 1_000, maxMs: 30_000 }

/** Statuses of an answer that is none: the request may or may not have been heard. */
const unanswered: ReadonlySet<number | undefined> = new Set([undefined, 408, 425, 429, 502, 503, 504])

/** Errors after which the same id finds out, or finds another server. */
const unknown: ReadonlySet<string> = new Set(['COMMIT_UNKNOWN', 'STORE_CLOSED'])

export interface CallsParts {
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  /** Aborted when the replica is closed. */
  readonly closed: AbortSignal
}

export class Calls {
  readonly #parts: CallsParts
  readonly #pauses: Pauses

  constructor(parts: CallsParts) {
    this.#parts = parts
    this.#pauses = new Pauses(parts.clock)
  }

  /** Asks until there is an answer. @throws ReplicaError with the server's code · REPLICA_CLOSED, or the reason of `signal` */
  async call(name: string, body: CallBody, signal: AbortSignal | undefined): Promise<CallAnswer> {
    const { closed, random } = this.#parts
    const ended = signal === undefined ? closed : AbortSignal.any([closed, signal])
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      if (closed.aborted) throw replicaClosed()
      try {
        return await this.#ask(name, body, ended)
      } catch (thrown) {
        const error = toReplicaError(thrown)
        if (!ended.aborted && !isTransient(error)) throw error
        await this.#pauses.pause(Math.max(backoffDelayMs(backoff, attempt, random), error.retryAfterMs ?? 0), ended)
      }
    }
  }

  /** The server answers again. */
  wake(): void {
    this.#pauses.wake()
  }

  async #ask(name: string, body: CallBody, ended: AbortSignal): Promise<CallAnswer> {
    const { wire, clock } = this.#parts
    const silent = new AbortController()
    const patienceMs = heartbeatMs * missedHeartbeats
    const watchdog = new Watchdog(clock, patienceMs, () => silent.abort(unreachable(`Nothing was heard for ${patienceMs} ms.`)))
    try {
      return await wire.call(name, body, { signal: AbortSignal.any([ended, silent.signal]), onActivity: () => watchdog.heard() })
    } finally {
      watchdog.stop()
    }
  }
}

/** Whether the same request may get another answer: there was none, or it says so. */
function isTransient({ code, status, retryAfterMs }: ReplicaError): boolean {
  if (code === 'UNREACHABLE') return unanswered.has(status)
  return retryAfterMs !== undefined || unknown.has(code)
}
