/** The schema of a whole job, from those of its parts: for migrations, which write records as they are. */
import { jobStates } from './job.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** The parts of a job that have schemas. */
export interface JobSchemas {
  readonly input: StandardSchemaV1
  readonly progress: StandardSchemaV1 | undefined
  readonly result: StandardSchemaV1 | undefined
}

type Result = StandardSchemaV1.Result<unknown>

const numbers = ['priority', 'attempt', 'attempts', 'runAt', 'createdAt'] as const

export function jobSchema(schemas: JobSchemas): StandardSchemaV1 {
  return Object.freeze({
    '~standard': { version: 1 as const, vendor: 'holdfast', validate: (value: unknown) => validateJob(schemas, value) },
  })
}

/** A part that answers with a promise makes the whole do so; it is refused then like any other (rule V1). */
function validateJob(schemas: JobSchemas, value: unknown): Result | Promise<Result> {
  if (typeof value !== 'object' || value === null) return { issues: [{ message: 'Expected a job' }] }
  const job = value as { readonly [field: string]: unknown }
  const issues: StandardSchemaV1.Issue[] = []
  if (typeof job['id'] !== 'string') issues.push({ message: 'Expected a string', path: ['id'] })
  if (!(jobStates as readonly unknown[]).includes(job['state'])) issues.push({ message: 'Expected a state of a job', path: ['state'] })
  for (const field of numbers) if (typeof job[field] !== 'number') issues.push({ message: 'Expected a number', path: [field] })
  const output: { [field: string]: unknown } = { ...job }
  for (const part of ['input', 'progress', 'result'] as const) {
    const schema = schemas[part]
    if (schema === undefined || (part !== 'input' && job[part] === undefined)) continue
    const validated = schema['~standard'].validate(job[part])
    if (validated instanceof Promise) return validated
    if (validated.issues === undefined) output[part] = validated.value
    else for (const { message, path = [] } of validated.issues) issues.push({ message, path: [part, ...path] })
  }
  return issues.length > 0 ? { issues } : { value: output }
}
