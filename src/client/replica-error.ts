/** What goes wrong in a replica: errors of the server as they came, and a few of its own. */
import { revisionOf } from '../protocol/commit-text.ts'

/** Facts about an error besides its code and details. */
export interface ReplicaErrorOptions {
  readonly cause?: unknown
  /** Status of the answer it came with; undefined when there was no answer. */
  readonly status?: number | undefined
  /** How long the server wants to be left alone, ms. */
  readonly retryAfterMs?: number | undefined
}

/** Present on every error of Holdfast's: what `isHoldfastError` looks for. */
export const brand: unique symbol = Symbol.for('holdfast.error')

/**
 * A `HoldfastError` as far as `isHoldfastError` is concerned, without the table of all errors that the store has.
 *
 * `code` is that of the server or one of the client's own (both in docs/errors.md); `message` ends with what to do.
 */
export class ReplicaError extends Error {
  override readonly name: string = 'HoldfastError'
  declare readonly code: string
  declare readonly details: unknown
  declare readonly status: number | undefined
  declare readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, details: unknown = {}, options: ReplicaErrorOptions = {}) {
    super(message, options)
    Object.assign(this, options, { [brand]: true, code, details })
  }

  toJSON(): { code: string; message: string; details: unknown } {
    const { code, message, details } = this
    return { code, message, details }
  }
}

/** Whatever was thrown while asking the server, as one of ours. */
export function toReplicaError(error: unknown): ReplicaError {
  if (error instanceof ReplicaError) return error
  const reason = String(error)
  return error instanceof SyntaxError ? answerInvalid(reason, error) : unreachable(reason, { cause: error })
}

/** The error that a server sent: `{"code", "message", "details"}`, in the body of a reply or the data of a message. */
export function readError(text: string, options: ReplicaErrorOptions = {}): ReplicaError {
  try {
    const { code, message, details } = JSON.parse(text) as { readonly code: unknown; readonly message: string; readonly details: unknown }
    if (typeof code === 'string') return new ReplicaError(code, message, details, options)
  } catch {
    // It comes from something in between.
  }
  return unreachable(`status ${options.status}`, options)
}

export function unreachable(reason: string, options: ReplicaErrorOptions = {}): ReplicaError {
  const message = `Not reached: ${reason}. Trying again.`
  return new ReplicaError('UNREACHABLE', message, { status: options.status }, options)
}

export function answerInvalid(reason: string, cause?: unknown): ReplicaError {
  return new ReplicaError('ANSWER_INVALID', `No Holdfast: ${reason}. Check the url.`, { reason }, { cause })
}

interface Declared {
  readonly kind: string
  readonly index?: string | undefined
  readonly declared: readonly string[]
}

/** Something is asked for that is not among what is declared. */
export function notDeclared(code: 'KIND_UNKNOWN' | 'INDEX_UNKNOWN', name: string, details: Declared): ReplicaError {
  const message = `There is no "${name}", only ${details.declared.join(', ')}. Declare it.`
  return new ReplicaError(code, message, details)
}

/** The cursor belongs to another history than the one that is followed. */
export function historyChanged(cursor: string): ReplicaError {
  const message = 'Another history. Read again.'
  return new ReplicaError('CURSOR_DIVERGED', message, { revision: revisionOf(cursor), reason: 'epoch' })
}
