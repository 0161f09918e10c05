import { HoldfastError } from '../../base/error.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, keyTextProblem, type StoredForm, toStored } from '../../state/value.ts'

/** A record as it is stored, and the key it has. */
export interface KeyedRecord {
  readonly key: string
  readonly stored: StoredForm
}

/** What the schema makes of a value, to be stored. @throws HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID · DEFINITION_INVALID */
export function recordOf(kind: CollectionKind, name: string, value: unknown): KeyedRecord {
  const stored = toStored(validate(kind.schema, value, name), name)
  const key = fieldOf(stored.data, kind.key)
  if (key === undefined) throw keyAbsent(name, kind.key, stored.data)
  if (keyTextProblem(key) !== undefined) assertKeyText(`${name}.${kind.key}`, key, { kind: name })
  return { key: key as string, stored }
}

export function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { readonly [field: string]: unknown })[field] : undefined
}

/** The types refuse a key that may be absent, so the declaration went round them. */
function keyAbsent(kind: string, field: string, value: unknown): HoldfastError<'DEFINITION_INVALID'> {
  const fields = typeof value === 'object' && value !== null ? Object.keys(value).map((name) => JSON.stringify(name)) : []
  const has = fields.length === 0 ? 'no fields' : fields.slice(0, 20).join(', ')
  const message = `The key of "${kind}" is declared to be its field ${JSON.stringify(field)}, and a value to write has none: it has ${has}.`
  return new HoldfastError('DEFINITION_INVALID', message, { what: `key of ${kind}` })
}
