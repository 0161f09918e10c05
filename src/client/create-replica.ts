/** Assembles a replica; time, chance and the way to the server are given. */
import type { Stopwatch, Random } from '../base/clock.ts'
import { stateText } from '../protocol/requests.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { callAction } from './calls.ts'
import { getOrAdd } from './get-or-add.ts'
import { createHandle } from './handles.ts'
import { ReplicaError } from './replica-error.ts'
import type { CallOptions, Replica, SettledOptions } from './replica.ts'
import { createServerReads } from './server-reads.ts'
import { type CommitListener, createHeldState } from './sync/held-state.ts'
import type { ChosenTransport } from './sync/ladder.ts'
import { createLink } from './sync/link.ts'
import { createPauses } from './sync/pauses.ts'
import { settle } from './sync/settling.ts'
import { createStatusBoard } from './sync/status.ts'
import type { Wire } from './sync/wire.ts'

/** What to hold, and how to get it. */
export interface ReplicaPlan {
  /** By kind: `true`, or how many of the newest entries of each stream of a log. All kinds that have a feed when undefined. */
  readonly kinds?: { readonly [kind: string]: boolean | { readonly last: number } | undefined } | undefined
  /** The state that the program was built for; any when undefined. */
  readonly state?: { readonly name: string; readonly version: number } | undefined
  readonly transport?: ChosenTransport | undefined
}

/** What reaches out of a replica. */
export interface ReplicaSeams {
  readonly wire: Wire
  /** The same for the transport `websocket`, of which only `feed` is asked. */
  readonly socket: Wire
  readonly clock: Stopwatch
  readonly random: Random
  /** A new id for a call: random, never the same again. */
  readonly createId: () => string
  /** Calls back whenever the network is there again, until the signal is aborted. */
  readonly onOnline: (callback: () => void, signal: AbortSignal) => void
  /** Told of what subscribers throw, and of lines of a snapshot that do not parse. */
  readonly onError: (error: unknown) => void
}

export function createReplica<State extends StateDefinition, Actions>(
  { kinds: chosen, state, transport = 'auto' }: ReplicaPlan,
  seams: ReplicaSeams,
): Replica<State, Actions> {
  const kinds = chosen && Object.keys(chosen).filter((name) => chosen[name])
  const closing = new AbortController()
  const closed = closing.signal
  const pauses = createPauses(seams.clock)
  const parts = { ...seams, kinds, closed, pauses }
  const status = createStatusBoard(parts)
  const reads = createServerReads(parts)
  const held = createHeldState({ ...parts, status, onMove: reads.move })
  const link = createLink({
    ...parts,
    held,
    status,
    transport,
    state: state && stateText(state),
    lastOf: (log) => (chosen?.[log] as { readonly last?: number } | undefined)?.last,
  })
  seams.onOnline(link.start, closed)
  const settled = (cursor: string, options?: SettledOptions): Promise<void> =>
    settle({ ...parts, held, hurry: link.hurry }, cursor, options)

  const call = async (name: string, input: unknown, { id = seams.createId(), signal = closed }: CallOptions = {}): Promise<unknown> => {
    const { value, cursor } = await callAction({ ...parts, signal: AbortSignal.any([closed, signal]) }, name, { id, input })
    // The server has just answered, so there is reason to hope. The call has its answer in any case.
    pauses.wake()
    await settled(cursor, { signal: link.trying }).catch(() => undefined)
    return value
  }

  const close = (): void => {
    status.set({ state: 'closed' })
    closing.abort(new ReplicaError('REPLICA_CLOSED', 'Closed. Connect again.'))
    held.refuse(closed.reason)
  }

  const methods = Object.freeze({
    get ready() {
      return held.ready
    },
    get status() {
      return status.current
    },
    onStatus: status.subscribe,
    subscribe: (callback: CommitListener) => held.subscribe(undefined, callback),
    settled,
    call,
    retry: link.start,
    close,
    [Symbol.dispose]: close,
  })
  link.start()
  return byName(methods, (name) => createHandle(name, { held, reads })) as Replica<State, Actions>
}

/** Kinds are made when they are asked for: their names are not known before the server has said them. */
function byName(methods: object, create: (name: string) => object): object {
  const handles = new Map<string, object>()
  return new Proxy(methods, {
    get(target, name) {
      if (name in target) return target[name as never]
      // It is neither a promise nor does it know how to be JSON, whoever asks.
      if (typeof name !== 'string' || !/^(?!then$|toJSON$)[a-z]\w*$/.test(name)) return undefined
      return getOrAdd(handles, name, () => create(name))
    },
  })
}
