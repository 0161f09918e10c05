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
  if (headers.reduce((length, header) => length + header.length, 0) > maxLength) return undefined
  for (const pair of headers.flatMap((header) => header.split(';'))) {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).trim() !== name) continue
    const value = pair.slice(at + 1).trim()
    if (isAccepted(value)) return value
  }
  return undefined
}

export interface CookiePlace {
  readonly name: string
  /** The cookie is sent to this path and below. */
  readonly path: string
  /** Sent by HTTPS only. */
  readonly isSecure: boolean
}

/** A header `Set-Cookie`: out of reach of scripts, and of requests that other sites cause. */
export function serializeCookie(value: string, { name, path, isSecure }: CookiePlace): string {
  const secure = isSecure ? '; Secure' : ''
  return `${name}=${value}; Path=${path}; Max-Age=${cookieLifetimeMs / 1000}; HttpOnly; SameSite=Strict${secure}`
}
