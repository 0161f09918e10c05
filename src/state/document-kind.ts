import { checkOptions, oneOf } from '../base/options.ts'
import { type KindDurability, kindDurabilities } from './durability.ts'
import { type AnyKind, assertFeedable, type Carries, type FeedMode, feedOf, type RecordKindOptions, type Restorable } from './kind.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** One typed value. */
export interface DocumentKind<
  Input = unknown,
  Output = unknown,
  Feed extends FeedMode = FeedMode,
  Rung extends KindDurability | undefined = KindDurability | undefined,
>
  extends AnyKind, Carries<Input, Output> {
  readonly type: 'document'
  readonly feed: Feed
  readonly durability: Rung
}

const optionRules = { feed: oneOf(['value', 'key', 'none']), durability: oneOf(kindDurabilities) }

/**
 * Declares one typed value, such as the current topology.
 *
 * @param schema any Standard Schema whose output can be written again
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function document<
  Schema extends StandardSchemaV1,
  const Feed extends FeedMode = 'value',
  const Rung extends KindDurability | undefined = undefined,
>(
  schema: Schema & Restorable<Schema>,
  options: RecordKindOptions<Feed, Rung> = {},
): DocumentKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, NoInfer<Feed>, NoInfer<Rung>> {
  assertSchema('document', schema)
  checkOptions('document', options, optionRules)
  assertFeedable(options)
  return Object.freeze({ type: 'document', schema, feed: feedOf<Feed>(options), durability: options.durability as Rung })
}
