/**
 * The cookie of a session: its token, in a cookie of its own beside that of the store's owner.
 *
 * A browser has one or the other. One that has both, since a page or a program added a cookie, is the session's: what a cookie gives must not
 * become more when its session ends.
 */
import { misuse } from '../../base/misuse.ts'
import { cookieValues, serializeCookie } from './cookie-header.ts'
import { cookieName } from './cookie.ts'
import type { RequestHead } from './request-head.ts'

/** Cookies know no ports: the name carries the store, as that of the owner's does. */
export function sessionCookieName(storeId: string): string {
  return cookieName(storeId).replace('holdfast-', 'holdfast-session-')
}

/** Tokens of the cookies of a request; of several with the name, those of other paths and ports may come along. */
export function sessionTokens({ headers }: Pick<RequestHead, 'headers'>, name: string): readonly string[] {
  return cookieValues(headers.all('cookie'), name).filter(isTokenLike)
}

export interface SessionCookieOptions {
  readonly storeId: string
  readonly path: string
  readonly isSecure: boolean
  /** How long a session lasts at most, ms. */
  readonly lifetimeMs: number
}

/** A header `Set-Cookie` for a session. @throws TypeError for what is no token; it is not quoted */
export function serializeSessionCookie(token: unknown, { storeId, path, isSecure, lifetimeMs }: SessionCookieOptions): string {
  if (typeof token !== 'string') throw misuse('token', 'a token of a session', token)
  if (!isTokenLike(token)) throw misuse('token', 'a token of a session', `${token.length} characters`)
  return serializeCookie(token, { name: sessionCookieName(storeId), path, isSecure, lifetimeMs })
}

/** A header `Set-Cookie` that takes a cookie away. */
export function serializeNoCookie(name: string, place: { readonly path: string; readonly isSecure: boolean }): string {
  return serializeCookie('', { name, ...place, lifetimeMs: 0 })
}

function isTokenLike(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}
