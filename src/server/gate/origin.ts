/**
 * Whether a page that sends a request may do so (rules Z4 and Z5).
 *
 * `Origin` names the page; browsers leave it out of plain GETs of the same origin and of images, scripts and links. `Sec-Fetch-Site` is in all of
 * them, and tells pages of other ports of this host (`same-site`) and of other sites (`cross-site`) from our own.
 */
import { HoldfastError } from '../../base/error.ts'
import type { Check } from './host.ts'
import type { OwnNames } from './own-names.ts'
import { type Refusal, refuse, shown } from './refusal.ts'
import type { RequestHead } from './request-head.ts'

export interface OriginLists {
  readonly names: Pick<OwnNames, 'origins'>
  /** Exact origins of other sites that may use the server. */
  readonly guests: ReadonlySet<string>
}

/** Refuses pages of other origins, and what they load, but for links that are followed: where these may lead is {@link refuseLink}'s. */
export function createOriginCheck({ names, guests }: OriginLists): Check {
  return (head) => {
    const origins = head.headers.all('origin')
    const [origin] = origins
    if (origins.length > 1) return foreign(origin ?? '', 'it names more than one origin')
    if (origin !== undefined && guests.has(origin)) return undefined
    if (origin !== undefined && !names.origins().has(origin)) return foreign(origin, 'the origin is not this server')
    if (isOfOurOwn(head) || isFollowedLink(head)) return undefined
    return foreign(origin ?? '', 'it was sent by a page of another site')
  }
}

/** Refuses a link on another site's page to anything but open routes, which tell nothing. */
export function refuseLink(head: RequestHead, guests: ReadonlySet<string>): Refusal | undefined {
  const origin = head.headers.get('origin')
  if (isOfOurOwn(head) || (origin !== undefined && guests.has(origin))) return undefined
  return foreign(origin ?? '', 'a page of another site links to it')
}

/** Sent by a page of this server's, by the user (`none`), or by a program, which does not send the header at all. */
function isOfOurOwn({ headers }: RequestHead): boolean {
  return headers.all('sec-fetch-site').every((site) => site === 'same-origin' || site === 'none')
}

/** A GET that replaces the whole page in a tab; what it answers is not the other site's to read. */
function isFollowedLink({ headers, method }: RequestHead): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return isOnly(headers.all('sec-fetch-mode'), 'navigate') && isOnly(headers.all('sec-fetch-dest'), 'document')
}

function isOnly(values: readonly string[], wanted: string): boolean {
  return values.length === 1 && values[0] === wanted
}

function foreign(origin: string, reason: string): Refusal {
  const facts = { origin: shown(origin), reason }
  return refuse(new HoldfastError('ORIGIN_REFUSED', `The request of origin ${JSON.stringify(facts.origin)} is refused: ${reason}.`, facts))
}
