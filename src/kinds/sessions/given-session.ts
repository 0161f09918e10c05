/** What a session is made with, judged before anything is written. */
import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions } from '../../base/options.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'

export interface GivenSession {
  readonly user?: string | undefined
  readonly data?: unknown
}

/** A kind of sessions, and its name. */
export interface NamedSessions {
  readonly name: string
  readonly kind: SessionsKind
}

const givenRules = { user: anything(), data: anything() }

/**
 * The user and the data of a new session, as they are stored.
 *
 * @throws TypeError for a user that is no text, and for data where none is declared
 * @throws HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID
 */
export function readNewSession(sessions: NamedSessions, given: GivenSession): { readonly user: string; readonly data?: unknown } {
  checkOptions('session', given, givenRules)
  return { user: readUser(given?.user), ...readData(sessions, given.data) }
}

/** What changes of a session; nothing where nothing is given. @throws as `readNewSession` does */
export function readRotation(sessions: NamedSessions, given: GivenSession): { readonly user: string | undefined; readonly data: object } {
  checkOptions('session', given, givenRules)
  const user = given.user === undefined ? undefined : readUser(given.user)
  return { user, data: given.data === undefined ? {} : readData(sessions, given.data) }
}

function readUser(user: unknown): string {
  if (typeof user !== 'string') throw misuse('user', 'a string', user)
  assertKeyText('user', user)
  return user
}

function readData({ kind, name }: NamedSessions, given: unknown): { readonly data?: unknown } {
  if (kind.data === undefined) {
    if (given !== undefined) throw misuse('data', 'nothing, since none is declared', given)
    return {}
  }
  const data = validate(kind.data, given, name)
  return data === undefined ? {} : { data: toStored(data, name).data }
}
