import { checkOptions, oneOf } from '../base/options.ts'
import { durabilities } from './durability.ts'
import { type AnyKind, type Carries, type FeedMode, feedOf, type KindOptions, type Restorable } from './kind.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** One typed value. */
export interface DocumentKind<Input = unknown, Output = unknown, Feed extends FeedMode = FeedMode> extends AnyKind, Carries<Input, Output> {
  readonly type: 'document'
  readonly feed: Feed
}

const optionRules = { feed: oneOf(['value', 'key', 'none']), durability: oneOf(durabilities) }

/**
 * Declares one typed value, such as the current topology.
 *
 * @param schema any Standard Schema whose output can be written again
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function document<Schema extends StandardSchemaV1, const Feed extends FeedMode = 'value'>(
  schema: Schema & Restorable<Schema>,
  options: KindOptions<Feed> = {},
): DocumentKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, NoInfer<Feed>> {
  assertSchema('document', schema)
  checkOptions('document', options, optionRules)
  return Object.freeze({ type: 'document', schema, feed: feedOf(options), durability: options.durability })
}
