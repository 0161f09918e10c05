import { checkOptions, oneOf } from '../base/options.ts'
import { durabilities } from './durability.ts'
import type { AnyKind, Carries, KindOptions, Restorable } from './kind.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** One typed value. */
export interface DocumentKind<Input = unknown, Output = unknown> extends AnyKind, Carries<Input, Output> {
  readonly type: 'document'
}

const optionRules = { feed: oneOf(['value', 'key', 'none']), durability: oneOf(durabilities) }

/**
 * Declares one typed value, such as the current topology.
 *
 * @param schema any Standard Schema whose output can be written again
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function document<Schema extends StandardSchemaV1>(
  schema: Schema & Restorable<Schema>,
  options: KindOptions = {},
): DocumentKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>> {
  assertSchema('document', schema)
  checkOptions('document', options, optionRules)
  return Object.freeze({ type: 'document', schema, feed: options.feed ?? 'value', durability: options.durability })
}
