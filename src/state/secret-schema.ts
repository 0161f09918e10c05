import type { StandardSchemaV1 } from './standard-schema.ts'

/** All that is said of a secret value that was refused. */
const refusal: StandardSchemaV1.Issue = Object.freeze({ message: 'the value is not valid, and secret, so that no more is said of it' })
const refused = Object.freeze({ issues: Object.freeze([refusal]) })

/**
 * A schema as `schema`, that says nothing of what it refuses: what validators say, and what they throw, quotes the value or its keys
 * (rule S3).
 */
export function concealing<Output>(schema: StandardSchemaV1<unknown, Output>): StandardSchemaV1<unknown, Output> {
  const validate = (value: unknown): StandardSchemaV1.Result<Output> | Promise<StandardSchemaV1.Result<Output>> => {
    try {
      const result = schema['~standard'].validate(value)
      if (isThenable(result)) return silenced(result)
      if (result.issues !== undefined) return refused
      return isThenable(result.value) ? silenced(result.value) : result
    } catch {
      return refused
    }
  }
  return Object.freeze({ '~standard': Object.freeze({ version: 1 as const, vendor: 'holdfast', validate }) })
}

/** Whoever asks refuses a promise, whatever becomes of it; a rejection would quote as well. */
function silenced<Output>(promise: PromiseLike<unknown>): Promise<StandardSchemaV1.Result<Output>> {
  return Promise.resolve(promise).then(
    () => refused,
    () => refused,
  )
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
}
