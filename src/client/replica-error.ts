/** What goes wrong in a replica: errors of the server as they came, and a few of its own. */

/** Facts about an error besides its code and details. */
export interface ReplicaErrorOptions {
  readonly cause?: unknown
  /** Status of the answer it came with; undefined when there was no answer. */
  readonly status?: number | undefined
  /** How long the server wants to be left alone, ms. */
  readonly retryAfterMs?: number | undefined
}

/**
 * A `HoldfastError` as far as `isHoldfastError` is concerned, without the table of all errors that the store has.
 *
 * `code` is that of the server (docs/errors.md) or one of `UNREACHABLE`, `ANSWER_INVALID`, `SIGN_IN_NEEDED`, `NOT_SETTLED` and
 * `REPLICA_CLOSED`; `message` ends with what to do.
 */
export class ReplicaError extends Error {
  override readonly name: string = 'HoldfastError'
  readonly code: string
  readonly details: unknown
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  static {
    brand(this.prototype)
  }

  constructor(code: string, message: string, details: unknown = {}, options: ReplicaErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.details = details
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }

  toJSON(): { code: string; message: string; details: unknown } {
    return { code: this.code, message: this.message, details: this.details }
  }
}

/** The error for a value of the wrong type: a native TypeError, like those of the store. */
export function misuse(option: string, expected: string, shown: string): TypeError {
  const error = new TypeError(`Expected "${option}" to be ${expected}, got ${shown}`)
  brand(error)
  return Object.assign(error, { code: 'OPTION_INVALID', details: { option, expected, given: shown } })
}

/** Lets `isHoldfastError` know it. */
function brand(error: object): void {
  Object.defineProperty(error, Symbol.for('holdfast.error'), { value: true })
}

/** Whatever was thrown while asking the server, as one of ours. */
export function toReplicaError(error: unknown): ReplicaError {
  if (error instanceof ReplicaError) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof SyntaxError) return answerInvalid(reason, error)
  return unreachable(`The server cannot be reached: ${reason}.`, { cause: error })
}

export function unreachable(message: string, options: ReplicaErrorOptions = {}): ReplicaError {
  return new ReplicaError(
    'UNREACHABLE',
    `${message} It is tried again; see that the server runs.`,
    { status: options.status ?? null },
    options,
  )
}

export function answerInvalid(reason: string, cause?: unknown): ReplicaError {
  return new ReplicaError(
    'ANSWER_INVALID',
    `The answer is none of a Holdfast server: ${reason}. Check the url and what stands between.`,
    { reason },
    { cause },
  )
}

export function replicaClosed(): ReplicaError {
  return new ReplicaError('REPLICA_CLOSED', 'The replica is closed. Connect again; a closed replica stays closed.')
}

export function kindUnknown(kind: string, declared: readonly string[]): ReplicaError {
  const message = `The replica does not hold "${kind}"; it holds ${declared.join(', ') || 'nothing'}. List it in the kinds given to connect.`
  return new ReplicaError('KIND_UNKNOWN', message, { kind, declared })
}
