/** What can be known of a collection's key when it is declared. */
import { misuse } from '../base/misuse.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/**
 * Refuses a key field that the schema is known not to have.
 *
 * Known it is where the library follows Standard JSON Schema (https://standardschema.dev/json-schema), as zod and arktype do, and the schema is
 * of an object whose fields are all listed. Elsewhere the first write tells.
 *
 * @throws TypeError
 */
export function assertKeyField(schema: StandardSchemaV1, key: string): void {
  const fields = listFields(schema)
  if (fields === undefined || fields.includes(key)) return
  throw misuse('key', `a field of the schema, which has ${fields.map((field) => JSON.stringify(field)).join(', ')}`, key)
}

interface WithJsonSchema {
  readonly jsonSchema?: { readonly output: (options: { readonly target: string }) => JsonSchema }
}

/** The part of a JSON Schema that is looked at. */
interface JsonSchema {
  readonly type?: unknown
  readonly properties?: { readonly [field: string]: unknown }
  /** A schema for whatever other fields there are; absent or false where the types know none. */
  readonly additionalProperties?: unknown
}

/** Undefined where they are not known. */
function listFields(schema: StandardSchemaV1): string[] | undefined {
  const described = describeOutput(schema)
  if (described?.type !== 'object' || described.properties === undefined || isComposed(described)) return undefined
  const isClosed = described.additionalProperties === undefined || described.additionalProperties === false
  return isClosed ? Object.keys(described.properties) : undefined
}

/** More fields may stand in other schemas. */
function isComposed(described: object): boolean {
  return ['allOf', 'anyOf', 'oneOf', '$ref', 'patternProperties'].some((part) => part in described)
}

function describeOutput(schema: StandardSchemaV1): JsonSchema | undefined {
  const { jsonSchema } = schema['~standard'] as WithJsonSchema
  try {
    return jsonSchema?.output({ target: 'draft-2020-12' })
  } catch {
    // Not every schema can be described so; the standard asks for an error then.
    return undefined
  }
}
