/** Origins of other sites that may use the server, and the headers by which browsers let them (rule Z5). */
import { misuse } from '../../base/misuse.ts'
import { cursorHeader, requestHeader, resetHeader } from '../../protocol/requests.ts'
import type { RequestHead } from './request-head.ts'

type Headers = Readonly<Record<string, string>>

/** How long a browser may remember what a preflight allowed, seconds. */
const preflightSeconds = '600'

const allowedHeaders = ['authorization', 'content-type', requestHeader, 'if-none-match', 'last-event-id'].join(', ')
const readableHeaders = ['etag', cursorHeader, resetHeader, 'retry-after'].join(', ')

/** The exact origins that were configured. @throws TypeError for one that no browser would send, `null` and wildcards among them */
export function readGuestOrigins(origins: readonly string[]): ReadonlySet<string> {
  return new Set(
    origins.map((origin) => {
      if (!isExactOrigin(origin)) throw misuse('origins', 'exact origins such as "https://dashboard.example"', origin)
      return origin
    }),
  )
}

/** Schemes of desktop shells and extensions are allowed where named; `file:` has no origin of its own. */
function isExactOrigin(origin: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\*]+$/.test(origin) || !URL.canParse(origin)) return false
  const url = new URL(origin)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin === origin : url.protocol !== 'file:'
}

/** Nothing but `Vary` unless the one origin of the request was configured; then that origin, and what a preflight asks. */
export function corsHeaders({ headers, method }: RequestHead, guests: ReadonlySet<string>): Headers {
  const vary = { vary: 'Origin' }
  const origins = headers.all('origin')
  const [origin] = origins
  if (origin === undefined || origins.length > 1 || !guests.has(origin)) return vary
  const granted = {
    ...vary,
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': readableHeaders,
  }
  if (method !== 'OPTIONS' || headers.get('access-control-request-method') === undefined) return granted
  return {
    ...granted,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': preflightSeconds,
  }
}
