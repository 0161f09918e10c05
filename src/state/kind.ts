/**
 * What the seven kinds have in common as declarations.
 *
 * A declaration is plain frozen data with the schema in it; what it means on disk and in memory is the business of `kinds/`.
 */
import type { Durability } from './durability.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/**
 * What followers get of a kind (rule F7): its values; only keys and revisions, values on demand; or nothing.
 */
export type FeedMode = 'value' | 'key' | 'none'

/** Options every kind takes. */
export interface KindOptions<Feed extends FeedMode = FeedMode> {
  /** What followers get of this kind; default `'value'`. */
  readonly feed?: Feed
  /** The least durability of a commit that writes this kind; default: what the commit or the store asks for. */
  readonly durability?: Durability
}

/** A declaration of any kind, as the engine sees it. */
export interface AnyKind {
  readonly type: 'document' | 'collection' | 'log' | 'jobs'
  readonly schema: StandardSchemaV1
  readonly feed: FeedMode
  readonly durability: Durability | undefined
}

/** What goes in and what comes out of a schema, carried by a declaration for inference only; no such property exists at run time. */
export interface Carries<Input, Output> {
  readonly '~types'?: { readonly input: Input; readonly output: Output }
}

/**
 * A schema whose output may be written again (rule V1). Any other schema fails here with the rule as its property name.
 */
export type Restorable<Schema extends StandardSchemaV1> =
  StandardSchemaV1.InferOutput<Schema> extends StandardSchemaV1.InferInput<Schema>
    ? unknown
    : { readonly 'the output of a stored schema must be assignable to its input': never }

/** The feed of a declaration; the type parameter has the same default. */
export function feedOf<Feed extends FeedMode>({ feed }: KindOptions<Feed>): Feed {
  return feed ?? ('value' as Feed)
}
