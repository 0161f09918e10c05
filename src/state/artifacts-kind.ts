import { checkOptions, oneOf } from '../base/options.ts'
import type { Index } from './collection-kind.ts'
import { durabilities } from './durability.ts'
import { type AnyKind, type Carries, type FeedMode, feedOf, type KindOptions, type Restorable } from './kind.ts'
import { isPlainObject } from './plain.ts'
import { assertSchema, type StandardSchemaV1 } from './standard-schema.ts'

/** A file that is kept, as its record says. The bytes are on disk before there is a record of them. */
export interface Artifact<Meta = unknown> {
  /** Random, and the artifact's for ever: what it is served by. */
  readonly id: string
  /** SHA-256 of the bytes, 64 hexadecimal digits; names the file. */
  readonly hash: string
  /** How many bytes there are. */
  readonly bytes: number
  /** What people call it, such as `report.html`; never a path. */
  readonly name?: string
  /** Media type, as whoever put it there said; `application/octet-stream` when nobody did. */
  readonly type: string
  readonly meta: Meta
  /** 1, and one more each time other bytes take the place of these. */
  readonly version: number
  /** Milliseconds since 1970, when it was first put. */
  readonly createdAt: number
  /** Id of the job it came from. */
  readonly job?: string
  /** The record it belongs to: name of its kind, a slash, its key. */
  readonly record?: string
}

/** Indexes that every kind of artifacts has. */
export interface ArtifactIndexes {
  readonly byCreated: readonly ['createdAt']
  readonly byHash: readonly ['hash']
  readonly byJob: readonly ['job', 'createdAt']
  readonly byName: readonly ['name']
  readonly byRecord: readonly ['record', 'createdAt']
}

/** Files on disk, each with a typed record. */
export interface ArtifactsKind<Input = unknown, Output = unknown, Feed extends FeedMode = FeedMode>
  extends AnyKind, Carries<Input, Output> {
  readonly type: 'artifacts'
  readonly feed: Feed
  /** Of the whole record. */
  readonly schema: StandardSchemaV1
  /** Of `meta` alone, as declared. */
  readonly meta: StandardSchemaV1
  readonly key: 'id'
  readonly indexes: { readonly [name: string]: Index }
}

const optionRules = { feed: oneOf(['value', 'key', 'none']), durability: oneOf(durabilities) }

/**
 * Declares files that are kept beside the records: reports, captures, exports.
 *
 * @param meta any Standard Schema of what is known of each file, whose output can be written again
 * @throws TypeError for a thing that is not a schema, an unknown option or a wrong one
 */
export function artifacts<Schema extends StandardSchemaV1, const Feed extends FeedMode = 'value'>(
  meta: Schema & Restorable<Schema>,
  options: KindOptions<Feed> = {},
): ArtifactsKind<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>, NoInfer<Feed>> {
  assertSchema('artifacts', meta)
  checkOptions('artifacts', options, optionRules)
  const kind = { type: 'artifacts', schema: recordSchema(meta), meta, key: 'id', indexes: artifactIndexes() } as const
  return Object.freeze({ ...kind, feed: feedOf(options), durability: options.durability })
}

/** The fixed indexes, as they are kept. */
export function artifactIndexes(): { readonly [name: string]: Index } {
  const index = (...fields: string[]): Index => Object.freeze({ fields: Object.freeze(fields), unique: false })
  return Object.freeze({
    byCreated: index('createdAt'),
    byHash: index('hash'),
    byJob: index('job', 'createdAt'),
    byName: index('name'),
    byRecord: index('record', 'createdAt'),
  })
}

const hashPattern = /^[0-9a-f]{64}$/

/** The schema of a record, for migrations, which write records whole. */
function recordSchema(meta: StandardSchemaV1): StandardSchemaV1 {
  return Object.freeze({
    '~standard': { version: 1 as const, vendor: 'holdfast', validate: (value: unknown) => validateRecord(meta, value) },
  })
}

function validateRecord(
  schema: StandardSchemaV1,
  value: unknown,
): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> {
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return { issues: [{ message: 'Expected an artifact' }] }
  const record = value as Partial<Artifact>
  const issues = Object.entries(fieldRules)
    .filter(([field, isRight]) => !isRight(record[field as keyof Artifact]))
    .map(([field]) => ({ message: `Expected the ${field} of an artifact`, path: [field] }))
  const meta = schema['~standard'].validate(record.meta)
  if (meta instanceof Promise) return meta
  if (meta.issues !== undefined)
    issues.push(...meta.issues.map(({ message, path = [] }) => ({ message, path: ['meta', ...path] as never })))
  else return issues.length > 0 ? { issues } : { value: { ...record, meta: meta.value } }
  return { issues }
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string'

const fieldRules: { readonly [field: string]: (value: unknown) => boolean } = Object.freeze({
  id: isText,
  hash: (value: unknown) => typeof value === 'string' && hashPattern.test(value),
  bytes: isCount,
  name: isTextOrAbsent,
  type: isText,
  version: isCount,
  createdAt: (value: unknown) => typeof value === 'number',
  job: isTextOrAbsent,
  record: isTextOrAbsent,
})
