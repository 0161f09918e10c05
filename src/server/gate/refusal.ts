/** The gate's answer to what may not pass. */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { HoldfastError } from '../../base/error.ts'

export interface Refusal {
  readonly allowed: false
  readonly status: number
  readonly code: ErrorCode
  /** To be sent beside those that every reply has. */
  readonly headers: Readonly<Record<string, string>>
  /** What to say in the body; undefined with status 401, whose body stays empty. */
  readonly error: HoldfastError | undefined
}

/** A refusal with the status of the error's code. */
export function refuse(error: HoldfastError): Refusal {
  const { code, traits } = error
  const status = traits.httpStatus
  if (status === 401) return { allowed: false, status, code, headers: { 'www-authenticate': 'Bearer' }, error: undefined }
  return { allowed: false, status, code, headers: {}, error }
}

/** Text of a stranger's as it may stand in an error: shortened. */
export function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
