/**
 * The cookie of a browser that signed in (rule Z8): proof that whoever held the token once agreed, valid with nothing stored but the token.
 *
 *   v1.<nonce, 16 bytes>.<issued, ms since 1970 in base 36>.<HMAC-SHA256 of what stands before, and of the cookie's name, keyed by the token>
 *
 * Bytes are base64url. The cookie survives the death of the server, and all of them are void once the token's file is deleted.
 */
import * as crypto from 'node:crypto'

/** Counted from the sign-in, whatever is done meanwhile: 30 days. */
export const cookieLifetimeMs: number = 30 * 24 * 60 * 60 * 1000

/** How far ahead of the clock a cookie may have been issued, ms: the clock may have been set back a little since. */
const maxAheadMs = 5 * 60 * 1000

export interface CookieSecret {
  readonly name: string
  readonly token: string
  /** By the clock of the wall. */
  readonly nowMs: number
}

/** Cookies know no ports: the name tells the stores of one host apart. An id that could not be part of a name goes in as its hash. */
export function cookieName(storeId: string): string {
  const isPlain = /^[\w-]{1,64}$/.test(storeId)
  return `holdfast-${isPlain ? storeId : crypto.hash('sha256', storeId, 'base64url').slice(0, 22)}`
}

/** The value of a new cookie; no two are the same. */
export function issueCookie(secret: CookieSecret): string {
  const claim = `v1.${crypto.randomBytes(16).toString('base64url')}.${secret.nowMs.toString(36)}`
  return `${claim}.${sign(claim, secret)}`
}

/** Whether a value was issued by a holder of the token, in the last 30 days. Never throws. */
export function isCookieValid(value: string, secret: CookieSecret): boolean {
  const match = /^(v1\.[\w-]{22}\.([0-9a-z]{1,10}))\.([\w-]{43})$/.exec(value)
  if (match === null) return false
  const [, claim, issued, signature] = match as unknown as [string, string, string, string]
  if (!crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(sign(claim, secret)))) return false
  const ageMs = secret.nowMs - Number.parseInt(issued, 36)
  return ageMs >= -maxAheadMs && ageMs < cookieLifetimeMs
}

function sign(claim: string, { name, token }: CookieSecret): string {
  return crypto.createHmac('sha256', token).update(`${name}=${claim}`).digest('base64url')
}
