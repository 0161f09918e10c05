/** A replica as its users see it. */
import type { StateDefinition } from '../state/define-state.ts'
import type { LogKind } from '../state/log-kind.ts'
import type { HandleOf } from './handles.ts'
import type { ReplicaCommit } from '../protocol/commit-text.ts'
import type { ReplicaStatus } from './sync/status.ts'

/** Names of the kinds that clients may see. */
export type VisibleKind<State extends StateDefinition> = {
  [Name in keyof State['kinds'] & string]: State['kinds'][Name]['feed'] extends 'none' ? never : Name
}[keyof State['kinds'] & string]

/**
 * What to hold of a state, by kind: `true`, or for a log how many of the newest entries of each stream. A kind that is not listed is not
 * followed; `page` and `fetch` ask the server for what is in it.
 */
export type ChosenKinds<State extends StateDefinition> = {
  readonly [Name in VisibleKind<State>]?: State['kinds'][Name] extends LogKind ? boolean | { readonly last: number } : boolean
}

/** What an action takes and answers, as far as a client needs to know; actions of `holdfast/server` are such. */
export interface CallableAction<Input = unknown, Value = unknown> {
  readonly '~types'?: { readonly input: Input; readonly value: Value }
}

/** What an action takes. */
export type InputOf<Action> = Action extends CallableAction<infer Input, infer _Value> ? Input : unknown
/** What an action answers with. */
export type ValueOf<Action> = Action extends CallableAction<infer _Input, infer Value> ? Value : unknown

export interface CallOptions {
  /** Names the request: the same id again is the same request, also after a restart. Made for each call when not given. */
  readonly id?: string | undefined
  /** Ends the waiting; what was asked may have been done all the same. */
  readonly signal?: AbortSignal | undefined
}

export interface SettledOptions {
  readonly signal?: AbortSignal | undefined
  /** Rejects with NOT_SETTLED after so long; without it, it waits as long as the replica lives. */
  readonly timeoutMs?: number | undefined
}

export interface ReplicaMethods<Actions> {
  /**
   * Resolves once the first snapshot is applied; rejects when that cannot be: REPLICA_CLOSED · SIGN_IN_NEEDED · STATE_VERSION_MISMATCH · what the server
   * refuses it for, such as KIND_UNKNOWN. While the server is not reached it waits, and `status` says why.
   */
  readonly ready: Promise<void>
  /** How it is; the same object as long as nothing changes. */
  readonly status: ReplicaStatus
  /** Calls back whenever `status` is another object. Returns the unsubscriber. */
  onStatus(callback: (status: ReplicaStatus) => void): () => void
  /**
   * Calls back once for each commit, after it was applied whole; without a commit after each snapshot. Returns the unsubscriber.
   */
  subscribe(callback: (commit: ReplicaCommit | undefined) => void): () => void
  /**
   * Resolves once the replica has applied this cursor.
   *
   * @returns rejects with ReplicaError NOT_SETTLED · CURSOR_DIVERGED · REPLICA_CLOSED, or the reason of `signal`
   */
  settled(cursor: string, options?: SettledOptions): Promise<void>
  /**
   * Runs an action on the server, once: where the line drops, the same request is made again until there is an answer. Resolves with the
   * action's value once the replica shows what it did, unless the server cannot be reached just then.
   *
   * @returns rejects with ReplicaError, with the code and details of the server's error, or REPLICA_CLOSED, or the reason of `signal`
   */
  call<Name extends keyof Actions & string>(
    name: Name,
    input: InputOf<Actions[Name]>,
    options?: CallOptions,
  ): Promise<ValueOf<Actions[Name]>>
  /** Tries again at once: after a sign-in, or while it is offline. */
  retry(): void
  /** Ends it. What is held stays readable; what is under way rejects with REPLICA_CLOSED. Idempotent. */
  close(): void
  [Symbol.dispose](): void
  /** For inference only. */
  readonly '~actions'?: Actions
}

/** A replica: its methods, and each kind by name. */
export type Replica<State extends StateDefinition = StateDefinition, Actions = Record<string, CallableAction>> = ReplicaMethods<Actions> & {
  readonly [Name in VisibleKind<State>]: HandleOf<State['kinds'][Name]>
}
