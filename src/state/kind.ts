/**
 * What the seven kinds have in common as declarations.
 *
 * A declaration is plain frozen data with the schema in it; what it means on disk and in memory is the business of `kinds/`.
 */
import { misuse } from '../base/misuse.ts'
import type { Durability, KindDurability } from './durability.ts'
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

/** Options of documents and collections, which may be softer than commits are (rules D3, D4). */
export interface RecordKindOptions<Feed extends FeedMode = FeedMode, Rung extends KindDurability | undefined = KindDurability | undefined> {
  /** What followers get of this kind; default `'value'`. What belongs to one process has no feed. */
  readonly feed?: Rung extends 'memory' ? never : Feed
  /** The least durability of a commit that writes this kind, `'delayed'` or `'memory'`; default: what the commit or the store asks for. */
  readonly durability?: Rung
}

/** A declaration of any kind, as the engine sees it. */
export interface AnyKind {
  readonly type: 'document' | 'collection' | 'log' | 'jobs' | 'artifacts' | 'settings' | 'sessions'
  readonly schema: StandardSchemaV1
  readonly feed: FeedMode
  readonly durability: KindDurability | undefined
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
export function feedOf<Feed extends FeedMode>({
  feed,
  durability,
}: {
  readonly feed?: Feed | undefined
  readonly durability?: unknown
}): Feed {
  return durability === 'memory' ? ('none' as Feed) : (feed ?? ('value' as Feed))
}

/** @throws TypeError for a feed of something that has none */
export function assertFeedable({ feed, durability }: RecordKindOptions): void {
  if (durability === 'memory' && feed !== undefined)
    throw misuse('feed', 'no feed for a kind of durability memory, which nobody follows', feed)
}
