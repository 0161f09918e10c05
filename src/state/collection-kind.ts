import { misuse } from '../base/misuse.ts'
import { anything, checkOptions, integer, object, oneOf, text } from '../base/options.ts'
import { type KindDurability, kindDurabilities } from './durability.ts'
import { assertKeyField } from './key-field.ts'
import { type AnyKind, assertFeedable, type Carries, type FeedMode, feedOf, type RecordKindOptions, type Restorable } from './kind.ts'
import { assertName, assertUniqueNames, type ReservedName } from './names.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** An index as it is kept: fields in order, and whether their values together name one record. */
export interface Index {
  readonly fields: readonly string[]
  readonly unique: boolean
}

/** An index as it is declared: the fields alone, or with `unique`. */
export type IndexDeclaration<Field extends string = string> =
  | readonly [Field, ...Field[]]
  | { readonly fields: readonly [Field, ...Field[]]; readonly unique?: boolean }

/** The fields of an index declaration, as a tuple. */
export type FieldsOf<Declared> = Declared extends { readonly fields: infer Fields extends readonly string[] }
  ? Fields
  : Declared extends readonly string[]
    ? Declared
    : never

/** Fields of `Output` that can be a record's key: those that are always a string. */
export type KeyField<Output> = { [Field in keyof Output & string]-?: Output[Field] extends string ? Field : never }[keyof Output & string]

/** Fields of `Output` that an index can hold: string, finite number, boolean or absent (rule V3). */
export type IndexField<Output> = {
  [Field in keyof Output & string]-?: Output[Field] extends string | number | boolean | undefined ? Field : never
}[keyof Output & string]

/** Declared indexes by name. */
export type IndexDeclarations<Output> = { readonly [name: string]: IndexDeclaration<IndexField<Output>> }

/** The kind that a record's parent is of, and the field of the record that holds the parent's key. */
export interface Parent<Field extends string = string> {
  readonly kind: string
  readonly field: Field
}

/** Fields of `Output` that can name a parent: a string, or nothing. */
export type ParentField<Output> = {
  [Field in keyof Output & string]-?: Output[Field] extends string | undefined ? Field : never
}[keyof Output & string]

/** Typed records by key. */
export interface CollectionKind<
  Input = unknown,
  Output = unknown,
  Indexes = unknown,
  Feed extends FeedMode = FeedMode,
  Rung extends KindDurability | undefined = KindDurability | undefined,
>
  extends AnyKind, Carries<Input, Output> {
  readonly type: 'collection'
  readonly feed: Feed
  readonly durability: Rung
  readonly key: string
  /** Where its records have their parents. */
  readonly parent: Parent | undefined
  /** How long a record stays without being written, ms; undefined for ever. */
  readonly ttlMs: number | undefined
  readonly indexes: { readonly [name: string]: Index }
  /** For inference only. */
  readonly '~indexes'?: Indexes
}

/** What a collection is declared with. */
export interface CollectionOptions<
  Output,
  Indexes,
  Feed extends FeedMode = FeedMode,
  Rung extends KindDurability | undefined = KindDurability | undefined,
> extends RecordKindOptions<Feed, Rung> {
  /** The field that is the key: a string, unique in the collection. */
  readonly key: KeyField<Output>
  readonly indexes?: Indexes & Checked<Indexes>
  /**
   * Each record belongs to one of another collection, whose key is in `field`: it cannot be written before that one, and is deleted with
   * it in the same commit. A record whose field is absent belongs to none. An index must begin with the field.
   */
  readonly parent?: Parent<ParentField<Output>>
  /**
   * How long a record stays without being written, ms. Writing it again renews it, also with an equal value, which changes nothing else.
   * What has expired is deleted by a commit, at most a second late while a process has the store open.
   */
  readonly ttlMs?: number
}

/** What inference alone would let pass: reserved names (rule N1), and options of an index that there are none of. */
type Checked<Indexes> = {
  readonly [Name in keyof Indexes]: Name extends ReservedName
    ? 'this name is reserved'
    : Indexes[Name] extends readonly string[]
      ? unknown
      : { readonly [Option in Exclude<keyof Indexes[Name], 'fields' | 'unique'>]: never }
}

const optionRules = {
  key: text(),
  indexes: anything(),
  feed: oneOf(['value', 'key', 'none']),
  durability: oneOf(kindDurabilities),
  ttlMs: integer({ min: 1 }),
  parent: object(),
}

/**
 * Declares typed records by key, with the indexes `find` may use.
 *
 * Index fields are top-level fields holding a string, a finite number, a boolean or nothing.
 *
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one, a key that is known to be no field of the schema
 * @throws HoldfastError DEFINITION_INVALID for a bad index name
 */
export function collection<
  Schema extends StandardSchemaV1,
  const Indexes extends IndexDeclarations<StandardSchemaV1.InferOutput<Schema>> = Record<never, never>,
  const Feed extends FeedMode = 'value',
  const Rung extends KindDurability | undefined = undefined,
>(
  schema: Schema & Restorable<Schema>,
  options: CollectionOptions<StandardSchemaV1.InferOutput<Schema>, Indexes, Feed, Rung>,
): CollectionKind<
  StandardSchemaV1.InferInput<Schema>,
  StandardSchemaV1.InferOutput<Schema>,
  NoInfer<Indexes>,
  NoInfer<Feed>,
  NoInfer<Rung>
> {
  assertSchema('collection', schema)
  checkOptions('collection', options, optionRules)
  if (typeof options?.key !== 'string') throw misuse('key', 'the name of a string field', options?.key)
  assertKeyField(schema, options.key)
  assertFeedable(options)
  checkOptions('parent', options.parent, { kind: text(), field: text() })
  const indexes = readIndexes(options.indexes ?? {})
  if (options.durability === 'delayed') assertNoUnique(indexes)
  return Object.freeze({
    type: 'collection',
    schema,
    key: options.key,
    ttlMs: options.ttlMs,
    parent: options.parent === undefined ? undefined : Object.freeze({ ...options.parent }),
    indexes,
    feed: feedOf<Feed>(options),
    durability: options.durability as Rung,
  })
}

/** A write that nobody awaits cannot be told that another record has its place. */
function assertNoUnique(indexes: { readonly [name: string]: Index }): void {
  for (const [name, { unique }] of Object.entries(indexes)) {
    if (unique) throw misuse(`indexes.${name}.unique`, 'false in a collection of durability delayed, whose writes nobody awaits', unique)
  }
}

function readIndexes(declared: { readonly [name: string]: IndexDeclaration }): { readonly [name: string]: Index } {
  assertUniqueNames('index', Object.keys(declared))
  const indexes: { [name: string]: Index } = {}
  for (const [name, declaration] of Object.entries(declared)) {
    assertName('index', name)
    indexes[name] = readIndex(name, declaration)
  }
  return Object.freeze(indexes)
}

function readIndex(name: string, declaration: IndexDeclaration): Index {
  const isList = Array.isArray(declaration)
  if (!isList) checkOptions(`index ${name}`, declaration, { fields: anything(), unique: anything() })
  const { fields, unique = false } = (isList ? { fields: declaration } : declaration) as { fields: readonly string[]; unique?: boolean }
  const isFieldList = Array.isArray(fields) && fields.length > 0 && fields.every((field) => typeof field === 'string')
  if (!isFieldList) throw misuse(`indexes.${name}`, 'a list of at least one field name', fields)
  if (new Set(fields).size !== fields.length) throw misuse(`indexes.${name}`, 'each field once', fields)
  if (typeof unique !== 'boolean') throw misuse(`indexes.${name}.unique`, 'true or false', unique)
  return Object.freeze({ fields: Object.freeze([...fields]), unique })
}
