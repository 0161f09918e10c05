/** What a replica needs of a server, whatever carries it. `createFetchWire` makes the real one; a simulation brings its own. */
import type { Backoff } from '../../base/backoff.ts'
import type { Stopwatch, Timer } from '../../base/clock.ts'
import { parseFrozen } from '../../protocol/frozen-json.ts'
import { silenceMs } from '../../protocol/limits.ts'
import { toReplicaError, unreachable } from '../replica-error.ts'

export interface RequestOptions {
  /** Ends the request, which rejects; also when it is aborted already. */
  readonly signal: AbortSignal
  /** Told whenever anything arrives, also a part of a line. */
  readonly onActivity: () => void
}

/** Of an answer that another tab has passed on: what `status` calls its transport. No server sends it. */
export const transportHeader = 'transport'

/** What is looked at of the headers of an answer. */
export type AnswerHeaders = Pick<Headers, 'get'>

export interface WireOptions extends RequestOptions {
  /** Told once when the server has accepted; without headers where there are none. */
  readonly onOpen?: (headers?: AnswerHeaders) => void
  /** Told the body line by line, as these arrive; the last one may have no end. */
  readonly onLine: (line: string) => void
}

/**
 * Asks a server; with a body, for something to be done. Resolves at the end of the answer with its headers, and rejects with a `ReplicaError` that has the
 * server's code where it gave one; what `onOpen` and `onLine` throw ends it, and anything else that is thrown counts as `UNREACHABLE`.
 *
 * @param address below the mount, with its parameters
 */
export type Wire = (address: string, options: WireOptions, body?: object) => Promise<AnswerHeaders>

export interface WholeParts {
  readonly wire: Wire
  readonly clock: Stopwatch
  readonly signal: AbortSignal
}

/** Asks for an answer that is a single line of JSON; that of a call is the caller's, any other one is frozen. @returns rejects as `attempt` */
export function askWhole({ wire, clock, signal }: WholeParts, address: string, body?: object): Promise<unknown> {
  return attempt({ clock, signal }, async (options) => {
    let text = ''
    const onLine = (line: string): void => void (text += line)
    await wire(address, { ...options, onLine }, body)
    return (body ? JSON.parse : parseFrozen)(text) as unknown
  })
}

/** How waits grow between attempts. */
export const backoff: Backoff = { minMs: 1_000, maxMs: 30_000 }

export interface AttemptOptions {
  readonly clock: Stopwatch
  readonly signal: AbortSignal
  readonly patienceMs?: number
  /** Told whenever anything is heard. */
  readonly onHeard?: () => void
}

/**
 * Asks for something, and gives up when nothing is heard for too long.
 *
 * @returns rejects with a ReplicaError, or the reason of `signal`
 */
export async function attempt<Value>(
  { clock, signal, patienceMs = silenceMs, onHeard }: AttemptOptions,
  ask: (options: RequestOptions) => Promise<Value>,
): Promise<Value> {
  const silence = new AbortController()
  const ended = AbortSignal.any([signal, silence.signal])
  let timer: Timer | undefined
  const wait = (): void => {
    timer?.cancel()
    timer = clock.after(patienceMs, () => silence.abort(unreachable('silent')))
  }
  const onActivity = (): void => {
    wait()
    onHeard?.()
  }
  try {
    wait()
    return await ask({ signal: ended, onActivity })
  } catch (error) {
    throw ended.aborted ? ended.reason : toReplicaError(error)
  } finally {
    timer?.cancel()
    // What is left of an answer is of no use.
    silence.abort()
  }
}
