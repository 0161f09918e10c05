/**
 * Requests that change something prove that no page of another site made a browser send them (rule Z4).
 *
 * A browser adds the cookie to what any page sends. It lets a page set neither `Authorization`, nor a header with a name of its own, nor the type
 * `application/json` for another origin, unless that origin agreed.
 */
import { HoldfastError } from '../../base/error.ts'
import { requestHeader } from '../../protocol/requests.ts'
import type { Proof } from './authenticate.ts'
import { type Refusal, refuse, shown } from './refusal.ts'
import type { RequestHead } from './request-head.ts'

/**
 * Refuses what could be forged, then what is no JSON: 403 before 415.
 *
 * @param via how the sender proved who it is; undefined for a route that asks for a one-time code in its body
 */
export function refuseForgery({ headers }: RequestHead, via: Proof['via'] | undefined): Refusal | undefined {
  if (via !== 'header' && headers.all(requestHeader).length === 0) return refused(`it lacks the header ${requestHeader}`)
  const types = headers.all('content-type')
  if (types.length === 1 && isJson(types[0] as string)) return undefined
  const given = shown(types.join(', '))
  return refuse(new HoldfastError('UNSUPPORTED_MEDIA_TYPE', `The body is of type ${JSON.stringify(given)}, not JSON.`, { given }))
}

/**
 * Browsers name the origin when they open a WebSocket, and add the cookie whatever page asks. So an upgrade without an origin is a program's, and
 * programs have the token (rule Z6).
 */
export function refuseUpgrade({ headers }: RequestHead, via: Proof['via'] | undefined): Refusal | undefined {
  const isUpgrade = headers.all('upgrade').length > 0
  if (!isUpgrade || via === 'header' || headers.all('origin').length > 0) return undefined
  return refused('an upgrade without an origin needs the token in the header Authorization')
}

/** `application/json`, with parameters or without. */
function isJson(type: string): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(type)
}

function refused(reason: string): Refusal {
  return refuse(new HoldfastError('REQUEST_REFUSED', `The request is refused: ${reason}.`, { reason }))
}
