/** Assembles a replica; time, chance and the way to the server are given. */
import type { Clock, Random, Timer } from '../base/clock.ts'
import { epochOf, revisionOf } from '../protocol/commit-text.ts'
import { heartbeatMs, missedHeartbeats } from '../protocol/limits.ts'
import { stateText } from '../protocol/requests.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { Calls } from './calls.ts'
import { createHandle } from './handles.ts'
import { check } from './given.ts'
import { ReplicaError } from './replica-error.ts'
import type { CallOptions, Replica, ReplicaMethods, SettledOptions } from './replica.ts'
import { ServerReads } from './server-reads.ts'
import { HeldState } from './sync/held-state.ts'
import type { Transport } from './sync/ladder.ts'
import { Link } from './sync/link.ts'
import { diverged, Settling } from './sync/settling.ts'
import { StatusBoard } from './sync/status.ts'
import type { Wire } from './sync/wire.ts'

/** What to hold, and how to get it. */
export interface ReplicaPlan {
  /** By kind: `true`, or how many of the newest entries of each stream of a log. All kinds that have a feed when undefined. */
  readonly kinds?: { readonly [kind: string]: boolean | { readonly last: number } | undefined } | undefined
  /** The state that the program was built for; any when undefined. */
  readonly state?: { readonly name: string; readonly version: number } | undefined
  readonly transport?: 'auto' | Transport | undefined
}

/** What reaches out of a replica. */
export interface ReplicaSeams {
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  /** A new id for a call: random, never the same again. */
  readonly createId: () => string
  /** Calls back when the network is there again. Returns the unsubscriber. */
  readonly onOnline: (callback: () => void) => () => void
  /** Told of what subscribers throw, and of lines of a snapshot that do not parse. */
  readonly onError: (error: unknown) => void
}

/** Within this time a live replica hears of another history, ms. */
const doubtMs = heartbeatMs * missedHeartbeats

/** It gets no further by itself. */
const finalStates: ReadonlySet<string> = new Set(['refused', 'outdated', 'closed'])

export function createReplica<State extends StateDefinition, Actions>(
  { kinds: chosen, state, transport = 'auto' }: ReplicaPlan,
  seams: ReplicaSeams,
): Replica<State, Actions> {
  const { wire, clock, random, onError } = seams
  const kinds = chosen && Object.keys(chosen).filter((name) => chosen[name] !== undefined && chosen[name] !== false)
  const closing = new AbortController()
  const closed = closing.signal
  const status = new StatusBoard(clock, onError)
  const isFollowed = (kind: string): boolean => kinds?.includes(kind) ?? true
  const reads = new ServerReads({ wire, closed, isFollowed })
  const held: HeldState = new HeldState(status, onError, (move) => reads.move(move, held.data?.revision ?? 0))
  const calls = new Calls({ wire, clock, random, closed })
  const link = new Link({
    held,
    status,
    wire,
    clock,
    random,
    transport,
    kinds,
    state: state && stateText(state),
    lastOf: (log) => lastOf(chosen?.[log]),
    onDamaged: (kind, line) => onError(damaged(kind, line)),
    onLive: () => calls.wake(),
  })
  const offOnline = seams.onOnline(() => {
    link.start()
    calls.wake()
  })
  const parts: Parts = { held, status, calls, link, clock, closed, createId: seams.createId }
  const close = (): void => {
    offOnline()
    closing.abort()
    link.close()
    status.set('closed')
    held.close()
  }
  link.start()
  return byName(createMethods(parts, close), (name) => createHandle(name, { held, reads, kinds })) as Replica<State, Actions>
}

interface Parts {
  readonly held: HeldState
  readonly status: StatusBoard
  readonly calls: Calls
  readonly link: Link
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly createId: () => string
}

function createMethods(parts: Parts, close: () => void): ReplicaMethods<unknown> {
  const { held, status, link } = parts
  return Object.freeze({
    get ready() {
      return held.ready
    },
    get status() {
      return status.current
    },
    onStatus: (callback: Parameters<StatusBoard['subscribe']>[0]) => status.subscribe(callback),
    subscribe: (callback: Parameters<HeldState['subscribe']>[1]) => held.subscribe(undefined, callback),
    settled: (cursor: string, options?: SettledOptions) => settle(parts, cursor, options),
    call: (name: string, input: unknown, options?: CallOptions) => call(parts, { name, input, options }),
    retry: () => link.start(),
    close,
    [Symbol.dispose]: close,
  }) as ReplicaMethods<unknown>
}

/** Kinds are made when they are asked for: their names are not known before the server has said them. */
function byName(methods: object, create: (name: string) => object): object {
  const handles = new Map<string, object>()
  return new Proxy(methods, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name) as unknown
      // It is neither a promise nor does it know how to be JSON, whoever asks.
      if (typeof name !== 'string' || !/^[a-z][A-Za-z0-9]*$/.test(name) || name === 'then' || name === 'toJSON') return undefined
      const handle = handles.get(name) ?? create(name)
      handles.set(name, handle)
      return handle
    },
  })
}

async function settle(parts: Parts, cursor: string, { signal, timeoutMs }: SettledOptions = {}): Promise<void> {
  const { held, link, clock } = parts
  check(typeof cursor === 'string', 'cursor', 'a cursor', cursor)
  signal?.throwIfAborted()
  if (held.data !== undefined && Settling.isReached(cursor, held.data)) return
  const waiting = held.settling.wait(cursor)
  const onAbort = (): void => waiting.give(signal?.reason)
  const onTimeout = (): void => waiting.give(notSettled(cursor, timeoutMs))
  const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, onTimeout)
  const stopDoubting = doubt(parts, cursor, waiting.give)
  signal?.addEventListener('abort', onAbort)
  link.hurry()
  try {
    await waiting.promise
  } finally {
    timer?.cancel()
    stopDoubting()
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * Gives up a cursor of a history that is not the one followed: an answer that was on its way while an older copy was restored. The history of
 * a cursor may also be the next one, but of that the replica hears before long where it is live.
 */
function doubt({ held, status, clock }: Parts, cursor: string, giveUp: (error: ReplicaError) => void): () => void {
  let timer: Timer
  const look = (): void => {
    const isOther = held.data !== undefined && held.data.epoch !== epochOf(cursor)
    if (isOther && status.state === 'live') return giveUp(diverged({ revision: revisionOf(cursor) }))
    timer = clock.after(doubtMs, look, { background: true })
  }
  timer = clock.after(doubtMs, look, { background: true })
  return () => timer.cancel()
}

interface Call {
  readonly name: string
  readonly input: unknown
  readonly options: CallOptions | undefined
}

async function call(parts: Parts, { name, input, options = {} }: Call): Promise<unknown> {
  const { calls, createId } = parts
  check(typeof name === 'string', 'name', 'the name of an action', name)
  const { id = createId(), signal } = options
  const { value, cursor } = await calls.call(name, { id, input }, signal)
  await settleWhileThere(parts, cursor)
  return value
}

/** Waits for what a call did, as long as it may come soon. The call has its answer in any case. */
async function settleWhileThere(parts: Parts, cursor: string): Promise<void> {
  const { status, link } = parts
  if (finalStates.has(status.state)) return
  // The server has just answered, so there is reason to hope.
  if (status.state === 'offline') link.start()
  const away = new AbortController()
  const stop = status.subscribe(({ state }) => {
    if (state === 'offline' || finalStates.has(state)) away.abort()
  })
  await settle(parts, cursor, { signal: away.signal }).catch(() => undefined)
  stop()
}

function lastOf(choice: boolean | { readonly last: number } | undefined): number | undefined {
  return typeof choice === 'object' ? choice.last : undefined
}

function damaged(kind: string, line: string): ReplicaError {
  const message = `A line of "${kind}" does not parse and is left out: ${line.slice(0, 80)}. Verify the store.`
  return new ReplicaError('VALUE_INVALID', message, { kind, path: '$', reason: 'does not parse' })
}

function notSettled(cursor: string, timeoutMs: number | undefined): ReplicaError {
  const message = `The replica has not reached the cursor ${JSON.stringify(cursor)} in ${timeoutMs} ms. Look at its status.`
  return new ReplicaError('NOT_SETTLED', message, { cursor, timeoutMs })
}
