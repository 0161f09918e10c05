/** The one error class and its narrowing test. Misuse of types has its own errors with the same brand: `misuse.ts`. */
import { type ErrorCode, type ErrorDetails, type ErrorTraits, errorTraits } from './error-codes.ts'

/** Present on every error of Holdfast's, whichever copy of the package made it. */
export const brand: unique symbol = Symbol.for('holdfast.error')

/**
 * What Holdfast throws for everything that is not a plain misuse of types.
 *
 * `code` is stable; `details` holds the facts, typed per code; `message` ends with the remedy, but for what a program says to its own users
 * (ACTION_REFUSED), which stays as it was given.
 */
export class HoldfastError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name: string = 'HoldfastError'
  readonly code: Code
  readonly details: ErrorDetails[Code]

  static {
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  constructor(code: Code, message: string, details: ErrorDetails[Code], options?: { readonly cause?: unknown }) {
    super(code === 'ACTION_REFUSED' ? message : `${message} ${errorTraits[code].remedy}`, options)
    this.code = code
    this.details = details
  }

  /** How to treat this error: retryable, HTTP status, exit code, remedy. */
  get traits(): ErrorTraits {
    return errorTraits[this.code]
  }

  toJSON(): { code: Code; message: string; details: ErrorDetails[Code] } {
    return { code: this.code, message: this.message, details: this.details }
  }
}

/** True for an error of Holdfast's (of `code`, when given), also across duplicate copies of the package. */
export function isHoldfastError(error: unknown): error is HoldfastError
export function isHoldfastError<Code extends ErrorCode>(error: unknown, code: Code): error is HoldfastError<Code>
export function isHoldfastError(error: unknown, code?: ErrorCode): boolean {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as unknown as HoldfastError).code === code
}
