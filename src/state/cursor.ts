/**
 * Cursors: a point in one history, as opaque text (rules F4, F5).
 *
 * `epoch.revision.check`, for example `3q2-7wAB.2s.c0ffee_1`: the epoch of the history (8 characters of base64url), the
 * revision in base 36, and the first 8 characters of the chain at that revision. Each point has one spelling, of 19 to 29 characters.
 */
import { HoldfastError } from '../base/error.ts'

/** A point in one history: just after the commit `revision`. */
export interface Cursor {
  readonly epoch: string
  readonly revision: number
  /** The first 8 characters of the chain text at `revision`. */
  readonly check: string
}

const longest = 32
const pattern = /^([A-Za-z0-9_-]{8})\.(0|[1-9a-z][0-9a-z]{0,10})\.([A-Za-z0-9_-]{8})$/

/** The text of a cursor; `epoch` and `check` are 8 characters of base64url, `revision` a whole number from 0. */
export function encodeCursor(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.revision.toString(36)}.${cursor.check}`
}

/**
 * Reads a cursor received from outside.
 *
 * @throws HoldfastError CURSOR_INVALID for anything that `encodeCursor` did not make
 */
export function decodeCursor(text: unknown): Cursor {
  if (typeof text !== 'string') throw invalid(`is not a string but ${text === null ? 'null' : typeof text}`)
  if (text.length > longest) throw invalid(`is longer than ${longest} characters`)
  const [, epoch, digits, check] = pattern.exec(text) ?? []
  if (epoch === undefined || digits === undefined || check === undefined) throw invalid('is not of the form epoch.revision.check')
  const revision = Number.parseInt(digits, 36)
  if (!Number.isSafeInteger(revision)) throw invalid('has a revision beyond 2^53')
  return { epoch, revision, check }
}

function invalid(reason: string): HoldfastError<'CURSOR_INVALID'> {
  return new HoldfastError('CURSOR_INVALID', `The cursor ${reason}.`, { reason })
}
