/** What a handler threw, as it is kept with the job. */
import { describe } from '../../base/describe.ts'
import type { JobChildError, JobError } from '../../state/job.ts'

/** Characters kept of a message. */
const longestMessage = 4096

/** Total: whatever was thrown, something can be said of it. */
export function toJobError(thrown: unknown, child?: JobChildError): JobError {
  const { name, message, code } = read(thrown)
  const error = { name: cut(name, 200), message: cut(message, longestMessage) }
  return Object.freeze({
    ...error,
    ...(code === undefined ? {} : { code: cut(code, 200) }),
    ...(child === undefined ? {} : { child: Object.freeze({ ...child }) }),
  })
}

function read(thrown: unknown): { readonly name: string; readonly message: string; readonly code?: string } {
  try {
    if (!(thrown instanceof Error))
      return { name: 'Error', message: typeof thrown === 'string' ? thrown : `The handler threw ${describe(thrown)}.` }
    const { code } = thrown as { readonly code?: unknown }
    const read = { name: String(thrown.name), message: String(thrown.message) }
    return typeof code === 'string' ? { ...read, code } : read
  } catch {
    // Getters of the error's own.
    return { name: 'Error', message: 'The handler threw an error that cannot be read.' }
  }
}

function cut(text: string, longest: number): string {
  const whole = text.toWellFormed()
  return whole.length <= longest ? whole : `${whole.slice(0, longest - 1).toWellFormed()}…`
}
