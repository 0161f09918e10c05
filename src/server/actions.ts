/** What clients may ask the server to do: named, typed, validated commits. */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import type { Session } from '../kinds/sessions/session.ts'
import type { StateDefinition } from '../state/define-state.ts'
import type { SessionsKind } from '../state/sessions-kind.ts'
import { assertSchema, type StandardSchemaV1, validate } from '../state/standard-schema.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Visitor } from './gate/visitor.ts'

/** One action: a schema for what is asked, and the commit that does it. */
export interface Action<Input = unknown, Value = unknown> {
  readonly schema: StandardSchemaV1<unknown, unknown>
  readonly run: (tx: never, input: never, request: ActionRequest) => Value
  /** For inference only. */
  readonly '~types'?: { readonly input: Input; readonly value: Value }
}

/** What else an action knows of a request. */
export interface ActionRequest<SessionOfVisitor = Session> {
  /** Chosen by the client, the same in each repetition. */
  readonly id: string
  /** Of whoever asks; undefined for the owner of the store. */
  readonly session: SessionOfVisitor | undefined
}

/** A session of any of the kinds that hold some. */
export type SessionOf<Declared> = {
  [Name in keyof Declared]: Declared[Name] extends SessionsKind<infer _Input, infer Output> ? Session<Output> : never
}[keyof Declared]

/** Actions by name. */
export interface Actions {
  readonly [name: string]: Action
}

/**
 * Declares an action of a state.
 *
 * @param run the callback of one commit: synchronous, everything or nothing; it is made on behalf of the user of `request.session`, where there is one. The same request again, after a dropped line or a restart, runs
 * nothing and answers as the first time, for as long as the history is kept.
 * @throws TypeError for a thing that is not a schema, and for no function
 */
export function action<State extends StateDefinition, Schema extends StandardSchemaV1, Value>(
  _state: State,
  schema: Schema,
  run: (tx: Tx<State>, input: StandardSchemaV1.InferOutput<Schema>, request: ActionRequest<SessionOf<State['kinds']>>) => Value,
): Action<StandardSchemaV1.InferInput<Schema>, Value> {
  assertSchema('action', schema)
  if (typeof run !== 'function') throw misuse('run', 'a function of a tx and the input', run)
  return Object.freeze({ schema: schema as never, run: run as never })
}

/** Whether something was made by `action`, of whichever copy of the package. */
export function isAction(given: unknown): given is Action {
  return typeof given === 'object' && given !== null && 'schema' in given && 'run' in given && typeof given.run === 'function'
}

/**
 * Ends an action without a change: the client gets the reason as the message of its error, to be shown to people as it is.
 *
 * @throws HoldfastError ACTION_REFUSED
 */
export function refuseAction(reason: string): never {
  throw new HoldfastError('ACTION_REFUSED', reason, { reason })
}

/** A request to run an action. */
export interface ActionCall {
  /** What of actions the visitor may call. */
  readonly mayCall: (name: string) => boolean
  readonly visitor: Visitor
  readonly name: string
  readonly id: string
  readonly input: unknown
}

/**
 * Runs an action once, however often it is asked for by the same id on behalf of the same user.
 *
 * @throws HoldfastError ACTION_UNKNOWN · SCHEMA_REJECTED · ID_REUSED · whatever a commit may answer · whatever the action throws
 */
export async function runAction(store: Store, actions: Actions, { visitor, mayCall, name, id, input }: ActionCall): Promise<unknown> {
  const action = Object.hasOwn(actions, name) && mayCall(name) ? actions[name] : undefined
  if (action === undefined) throw unknownAction(name, Object.keys(actions).filter(mayCall))
  const valid = validate(action.schema, input, name)
  const session = visitor.by === 'session' ? visitor.session : undefined
  const { value } = await store.commit((tx) => action.run(tx as never, valid as never, { id, session }), {
    // A user may have the name that stands for the owner.
    id: session === undefined ? id : `session ${id}`,
    action: name,
    label: name,
    actor: session?.user ?? 'client',
  })
  return value
}

function unknownAction(action: string, declared: readonly string[]): HoldfastError<'ACTION_UNKNOWN'> {
  const listed = declared.length === 0 ? 'there are none to call' : `there are ${declared.join(', ')}`
  return new HoldfastError('ACTION_UNKNOWN', `There is no action ${JSON.stringify(action)}; ${listed}.`, { action, declared })
}
