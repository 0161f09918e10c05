/** Who sends a request: whoever holds the token, a browser with a cookie that the token proves, or whoever has a session (rules Z1, Z8 and E1). */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import type { SessionsReads } from '../../kinds/sessions/reads.ts'
import { readCookie } from './cookie-header.ts'
import { cookieName, isCookieValid } from './cookie.ts'
import { digest, isSame } from './digest.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { RequestHead } from './request-head.ts'
import { sessionCookieName, sessionTokens } from './session-cookie.ts'
import type { SessionVisitor, Visitor } from './visitor.ts'

/** How a sender proved who it is. */
export interface Proof {
  readonly visitor: Visitor
  /** By what it says itself, or by what browsers add to requests that any page may cause. */
  readonly via: 'header' | 'cookie'
}

export interface AuthenticateOptions {
  readonly token: string
  readonly storeId: string
  readonly clock: Pick<Clock, 'now'>
  /** Whose tokens are accepted besides. */
  readonly sessions?: Pick<SessionsReads, 'verify' | 'peek'> | undefined
}

const bearer = /^bearer +/i

const byToken: Visitor = Object.freeze({ by: 'token' })
const byCookie: Visitor = Object.freeze({ by: 'cookie' })

/**
 * Makes the function that knows senders.
 *
 * A token that is wrong is not made good by a cookie, and a session that is over is not by a cookie of the owner's. Nothing that a request holds
 * makes it throw.
 *
 * @throws HoldfastError STORE_CLOSED where sessions cannot be read any more
 */
export function createAuthenticate(options: AuthenticateOptions): (head: RequestHead) => Proof | undefined {
  const { token, storeId, clock, sessions } = options
  const wanted = digest(token)
  const name = cookieName(storeId)
  const sessionName = sessionCookieName(storeId)
  const fromHeader = (given: string): Visitor | undefined => (isSame(digest(given), wanted) ? byToken : findSession(sessions, [given]))
  const fromCookies = (head: RequestHead): Visitor | undefined => {
    const tokens = sessions === undefined ? [] : sessionTokens(head, sessionName)
    if (tokens.length > 0) return findSession(sessions, tokens)
    const isProven = (value: string): boolean => isCookieValid(value, { name, token, nowMs: clock.now() })
    return readCookie(head.headers.all('cookie'), name, isProven) === undefined ? undefined : byCookie
  }
  return (head) => {
    const authorization = head.headers.all('authorization')
    if (authorization.length > 1) return undefined
    const [given] = authorization
    const isBearer = given !== undefined && bearer.test(given)
    const visitor = isBearer ? fromHeader(given.replace(bearer, '')) : fromCookies(head)
    return visitor && { visitor, via: isBearer ? 'header' : 'cookie' }
  }
}

/** The first of some tokens that is valid. */
function findSession(sessions: AuthenticateOptions['sessions'], tokens: readonly string[]): SessionVisitor | undefined {
  for (const token of tokens) {
    const session = sessions?.verify(token)
    if (session !== undefined) return Object.freeze({ by: 'session', session, look: () => sessions?.peek(token) })
  }
  return undefined
}

/** As long as a token, or longer. */
const longWord = /[\w-]{43,}/g

const tokenParameters: ReadonlySet<string> = new Set(['token', 'access_token'])

/** Refuses an address that holds the token, or a parameter meant for one: addresses end up in logs and histories. */
export function refuseTokenInTarget(target: string, token: string): Refusal | undefined {
  const queryAt = target.indexOf('?')
  const query = queryAt < 0 ? '' : target.slice(queryAt + 1)
  for (const name of new URLSearchParams(query).keys()) {
    if (tokenParameters.has(name.toLowerCase())) return leaked(`the parameter "${name}"`)
  }
  const plain = unescaped(target)
  return holds(target, token) || (plain !== target && holds(plain, token)) ? leaked('the address') : undefined
}

function unescaped(target: string): string {
  return target.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Whether the token stands in a text. Looks at every place in the same way, so that the time tells nothing of a token guessed in part. */
function holds(text: string, token: string): boolean {
  let isFound = false
  // Seldom is a word in an address as long.
  for (const [word] of text.matchAll(longWord)) {
    for (let start = 0; start + token.length <= word.length; start += 1) isFound = isAt(word, start, token) || isFound
  }
  return isFound
}

function isAt(word: string, start: number, token: string): boolean {
  let difference = 0
  for (let at = 0; at < token.length; at += 1) difference |= word.charCodeAt(start + at) ^ token.charCodeAt(at)
  return difference === 0
}

function leaked(where: string): Refusal {
  return refuse(new HoldfastError('TOKEN_IN_ADDRESS', `A token does not belong into ${where}.`, { where }))
}
