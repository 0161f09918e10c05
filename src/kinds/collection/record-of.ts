import type { CollectionKind } from '../../state/collection-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, keyTextProblem, type StoredForm, toStored } from '../../state/value.ts'

/** A record as it is stored, and the key it has. */
export interface KeyedRecord {
  readonly key: string
  readonly stored: StoredForm
}

/** What the schema makes of a value, to be stored. @throws HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID */
export function recordOf(kind: CollectionKind, name: string, value: unknown): KeyedRecord {
  const stored = toStored(validate(kind.schema, value, name), name)
  const key = fieldOf(stored.data, kind.key)
  if (keyTextProblem(key) !== undefined) assertKeyText(`${name}.${kind.key}`, key, { kind: name })
  return { key: key as string, stored }
}

export function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { readonly [field: string]: unknown })[field] : undefined
}
