import { anything, checkOptions, integer, oneOf } from '../base/options.ts'
import { type Durability, durabilities } from './durability.ts'
import type { AnyKind, Carries, Restorable } from './kind.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** Sign-ins, each with a token that is stored as its hash. No feed: nothing of them leaves the programs that have the store open. */
export interface SessionsKind<Input = unknown, Output = unknown> extends AnyKind, Carries<Input, Output> {
  readonly type: 'sessions'
  readonly feed: 'none'
  readonly durability: Durability | undefined
  readonly idleMs: number
  readonly absoluteMs: number
  readonly rotationMs: number
  /** Of what a session carries; undefined where it carries nothing. */
  readonly data: StandardSchemaV1 | undefined
}

/** What sessions are declared with. */
export interface SessionsOptions<Schema extends StandardSchemaV1> {
  /** A session that was not used for so long is over, ms; default an hour, at least two minutes, because its last use is written a minute late. */
  readonly idleMs?: number
  /** A session is over so long after sign-in, used or not, ms; default 24 hours. */
  readonly absoluteMs?: number
  /** The token before a rotation holds for so long after it, for requests that are under way, ms; default 10,000. */
  readonly rotationMs?: number
  /** What a session carries besides its user, such as roles. */
  readonly data?: Schema & Restorable<Schema>
  readonly durability?: Durability
}

/** Where no data is declared, none is given. */
type None = StandardSchemaV1<undefined, undefined>

const longest = 10 * 366 * 24 * 3_600_000
const optionRules = {
  idleMs: integer({ min: 120_000, max: longest }),
  absoluteMs: integer({ min: 1, max: longest }),
  rotationMs: integer({ min: 0, max: 3_600_000 }),
  data: anything(),
  durability: oneOf(durabilities),
}

/**
 * Declares sessions: tokens with idle and absolute expiry.
 *
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function sessions<Schema extends StandardSchemaV1 = None>(
  options: SessionsOptions<Schema> = {},
): SessionsKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>> {
  checkOptions('sessions', options, optionRules)
  const { data } = options
  if (data !== undefined) assertSchema('sessions data', data)
  return Object.freeze({
    type: 'sessions',
    schema: anySession,
    feed: 'none',
    durability: options.durability,
    idleMs: options.idleMs ?? 3_600_000,
    absoluteMs: options.absoluteMs ?? 24 * 3_600_000,
    rotationMs: options.rotationMs ?? 10_000,
    data,
  })
}

/** Sessions are written by the kind itself; what is theirs to judge is `data`. */
const anySession: StandardSchemaV1 = Object.freeze({
  '~standard': Object.freeze({ version: 1 as const, vendor: 'holdfast', validate: (value: unknown) => ({ value }) }),
})
