/** The headers `Cookie` and `Set-Cookie`. */
import { cookieLifetimeMs } from './cookie.ts'

/** Characters of all cookies of a request together; what is longer counts as no cookie at all. */
const maxLength = 8 * 1024

/**
 * The first value of a cookie that is accepted, of however many have its name: those of other paths and ports come along.
 *
 * Reads each character once, and never throws.
 */
export function readCookie(headers: readonly string[], name: string, isAccepted: (value: string) => boolean): string | undefined {
  return cookieValues(headers, name).find(isAccepted)
}

/** Every value of a cookie, in the order received. */
export function cookieValues(headers: readonly string[], name: string): readonly string[] {
  if (headers.reduce((length, header) => length + header.length, 0) > maxLength) return []
  return headers
    .flatMap((header) => header.split(';'))
    .flatMap((pair) => {
      const at = pair.indexOf('=')
      return at < 0 || pair.slice(0, at).trim() !== name ? [] : [pair.slice(at + 1).trim()]
    })
}

export interface CookiePlace {
  readonly name: string
  /** The cookie is sent to this path and below. */
  readonly path: string
  /** Sent by HTTPS only. */
  readonly isSecure: boolean
  /** How long browsers keep it, ms; default 30 days. */
  readonly lifetimeMs?: number
}

/** A header `Set-Cookie`: out of reach of scripts, and of requests that other sites cause. */
export function serializeCookie(value: string, { name, path, isSecure, lifetimeMs = cookieLifetimeMs }: CookiePlace): string {
  const secure = isSecure ? '; Secure' : ''
  return `${name}=${value}; Path=${path}; Max-Age=${Math.ceil(lifetimeMs / 1000)}; HttpOnly; SameSite=Strict${secure}`
}
