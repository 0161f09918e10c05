import { checkOptions, integer, object, oneOf } from '../base/options.ts'
import { type Durability, durabilities } from './durability.ts'
import { type AnyKind, type Carries, type FeedMode, feedOf, type KindOptions, type Restorable } from './kind.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/**
 * How much of a log is kept. At least this many of the newest entries are; at most an eighth more, because trimming
 * goes in steps so that an append costs the same in a full log as in an empty one.
 */
export interface LogRetention {
  /** Entries over all streams. */
  readonly entries?: number
  /** Entries of one stream. */
  readonly entriesPerStream?: number
}

/** Append-only entries in streams. */
export interface LogKind<Input = unknown, Output = unknown, Feed extends FeedMode = FeedMode> extends AnyKind, Carries<Input, Output> {
  readonly type: 'log'
  readonly feed: Feed
  readonly durability: Durability | undefined
  readonly retention: LogRetention
}

/** What a log is declared with. */
export interface LogOptions<Feed extends FeedMode = FeedMode> extends KindOptions<Feed> {
  /** How much is kept; default everything. */
  readonly retention?: LogRetention
}

const optionRules = { retention: object(), feed: oneOf(['value', 'key', 'none']), durability: oneOf(durabilities) }
const retentionRules = { entries: integer({ min: 1 }), entriesPerStream: integer({ min: 1 }) }

/**
 * Declares append-only entries, kept in streams and trimmed by retention.
 *
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function log<Schema extends StandardSchemaV1, const Feed extends FeedMode = 'value'>(
  schema: Schema & Restorable<Schema>,
  options: LogOptions<Feed> = {},
): LogKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, NoInfer<Feed>> {
  assertSchema('log', schema)
  checkOptions('log', options, optionRules)
  checkOptions('retention', options.retention, retentionRules)
  return Object.freeze({
    type: 'log',
    schema,
    retention: Object.freeze({ ...options.retention }),
    feed: feedOf<Feed>(options),
    durability: options.durability,
  })
}
