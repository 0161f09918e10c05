/**
 * Standard Schema v1, by structure (https://standardschema.dev), and the one way Holdfast asks a schema (rule V1).
 */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { showPath } from './value-path.ts'

/** A schema of zod, valibot, arktype or any other library that follows the standard. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardSchemaV1.Result<Output> | Promise<StandardSchemaV1.Result<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export declare namespace StandardSchemaV1 {
  /** What a validator answers: the output, or what is wrong. */
  type Result<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

  interface Issue {
    readonly message: string
    readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  }

  type InferInput<Schema extends StandardSchemaV1> = NonNullable<Schema['~standard']['types']>['input']
  type InferOutput<Schema extends StandardSchemaV1> = NonNullable<Schema['~standard']['types']>['output']
}

/**
 * Checks that `schema` is one, where a kind of type `what` is declared.
 *
 * @throws TypeError
 */
export function assertSchema(what: string, schema: unknown): asserts schema is StandardSchemaV1 {
  // Those of arktype are functions.
  const isHolder = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  const standard: unknown = isHolder ? (schema as Partial<StandardSchemaV1>)['~standard'] : undefined
  const validate: unknown = (standard as Partial<StandardSchemaV1['~standard']> | undefined)?.validate
  if (typeof validate === 'function') return
  throw misuse(`${what} schema`, 'a schema that follows Standard Schema v1, such as one of zod, valibot or arktype', schema)
}

/**
 * The output of `schema` for `value`. Without effect of its own, so nothing is applied when it throws.
 *
 * A promise is refused at once, before it settles. What it rejects with, if it does, becomes the error's `cause` then, and is no
 * unhandled rejection. zod answers with a promise also where a refinement or transform throws; the cause is what was thrown.
 * (One rejection is out of reach: zod runs an async refinement twice, and lets go of the promise of the first run.)
 *
 * @param kind named in the error
 * @throws HoldfastError SCHEMA_REJECTED with the issues · SCHEMA_ASYNC
 * @throws whatever the validator throws
 */
export function validate<Output>(schema: StandardSchemaV1<unknown, Output>, value: unknown, kind: string): Output {
  const result = schema['~standard'].validate(value)
  if (isThenable(result)) throw asynchronous(kind, result)
  if (result.issues !== undefined) throw rejected(kind, result.issues)
  // An async transform in a synchronous schema of valibot or arktype.
  if (isThenable(result.value)) throw asynchronous(kind, result.value)
  return result.value
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
}

function rejected(kind: string, found: readonly StandardSchemaV1.Issue[]): HoldfastError<'SCHEMA_REJECTED'> {
  const issues = Array.from(found, ({ message, path = [] }) => {
    // Not `path.map`: that of arktype is a subclass of Array, and an empty one would come back with an element.
    const keys = Array.from(path, (segment) => (typeof segment === 'object' ? segment.key : segment))
    return { path: showPath(keys), message }
  })
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const text = first === undefined ? 'without saying why' : `at ${first.path}: ${first.message}${more}`
  return new HoldfastError('SCHEMA_REJECTED', `The schema of "${kind}" rejects the value ${text}.`, { kind, issues })
}

function asynchronous(kind: string, answer: PromiseLike<unknown>): HoldfastError<'SCHEMA_ASYNC'> {
  const error = new HoldfastError('SCHEMA_ASYNC', `The schema of "${kind}" answers with a promise.`, { kind })
  void Promise.resolve(answer).then(undefined, (cause: unknown) => {
    Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true, enumerable: false })
  })
  return error
}
