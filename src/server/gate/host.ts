/**
 * Whether a request names this server as its host (rule Z2).
 *
 * A site may let its own name lead to 127.0.0.1, and its pages are then of the same origin as what answers there. What tells such requests is the
 * name itself, in `Host`. Upper case is accepted, since host names know no case and no other name gains by it.
 */
import { HoldfastError } from '../../base/error.ts'
import type { OwnNames } from './own-names.ts'
import { type Refusal, refuse, shown } from './refusal.ts'
import type { RequestHead } from './request-head.ts'

/** Characters of an address, at most; as much as `node:http` takes for all headers together. */
const maxTargetLength = 16 * 1024

/** A refusal, or undefined. Never throws. */
export type Check = (head: RequestHead) => Refusal | undefined

/** Refuses every host but this server, and every target that names a host of its own. */
export function createHostCheck(names: Pick<OwnNames, 'hosts'>): Check {
  return ({ headers, target }) => {
    const hosts = headers.all('host')
    const [host] = hosts
    if (host === undefined) return misdirected('', 'it names no host')
    if (hosts.length > 1) return misdirected(host, 'it names more than one host')
    // ASCII only: some letters beyond become ASCII when made lower case.
    if (!/^[\x21-\x7e]+$/.test(host) || !names.hosts().has(host.toLowerCase())) return misdirected(host, 'the host is not this server')
    return isPlainTarget(target) ? undefined : misdirected(host, 'its target is no path of this server')
  }
}

/**
 * A path of visible ASCII that no parser of URLs takes for an address with a host, as it would `http://evil/`, `//evil/` and `/\evil/`.
 * `new URL(target, 'http://any')` does not throw for one.
 */
function isPlainTarget(target: string): boolean {
  return target.length <= maxTargetLength && /^\/(?![/\\])[\x21-\x7e]*$/.test(target)
}

function misdirected(host: string, reason: string): Refusal {
  const facts = { host: shown(host), reason }
  return refuse(new HoldfastError('HOST_REFUSED', `The request for host ${JSON.stringify(facts.host)} is refused: ${reason}.`, facts))
}
