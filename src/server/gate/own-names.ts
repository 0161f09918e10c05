/**
 * The names by which a server may be addressed, as `Host` and as `Origin` would say them.
 *
 * Both are lists of whole strings to be found in, so nothing of a request is ever parsed: what is not in the list, letter by letter, is refused.
 */
import { misuse } from '../../base/misuse.ts'

export interface NamesOptions {
  /** The port that is served; asked each time, since it may be known late. */
  readonly port: () => number
  /** Further exact names: `nas.lan` has the port that is served, `nas.lan:443` another one, as behind a proxy. */
  readonly names: readonly string[]
  /** Reached by HTTPS, so that names without a port are those of port 443 too. */
  readonly isSecure?: boolean | undefined
}

/** A configured name, in lower case. */
interface ConfiguredName {
  readonly name: string
  readonly port: number | undefined
}

export interface OwnNames {
  /** Every `Host` that is this server, in lower case. */
  hosts(): ReadonlySet<string>
  /** Every `Origin` of a page of this server. By HTTPS only for configured names: nobody else has a certificate. */
  origins(): ReadonlySet<string>
}

const loopback = ['127.0.0.1', '[::1]', 'localhost'] as const

/** @throws TypeError for a configured name that is none, such as one with a wildcard, a scheme or a dot at its end */
export function createOwnNames(options: NamesOptions): OwnNames {
  const configured = options.names.map(readName)
  const placesOf = ({ name, port }: ConfiguredName, served: number): { name: string; port: number }[] => {
    if (port !== undefined) return [{ name, port }]
    return [{ name, port: served }, ...(options.isSecure === true ? [{ name, port: 443 }] : [])]
  }
  const places = (served: number): { name: string; port: number }[] => configured.flatMap((name) => placesOf(name, served))
  const hosts = (port: number): Set<string> => {
    const own = loopback.flatMap((name) => hostsOf(name, port, port === 80))
    return new Set([...own, ...places(port).flatMap((at) => hostsOf(at.name, at.port, at.port === 80 || at.port === 443))])
  }
  const origins = (served: number): Set<string> => {
    const own = loopback.map((name) => originOf('http', name, served))
    const others = places(served).flatMap(({ name, port }) => [originOf('http', name, port), originOf('https', name, port)])
    return new Set([...own, ...others])
  }
  return { hosts: perPort(options.port, hosts), origins: perPort(options.port, origins) }
}

/** Made again only when the port has become another one. */
function perPort<Value>(port: () => number, make: (port: number) => Value): () => Value {
  let made: { readonly port: number; readonly value: Value } | undefined
  return () => {
    const now = port()
    if (made?.port !== now) made = { port: now, value: make(now) }
    return made.value
  }
}

function readName(given: string): ConfiguredName {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([1-9][0-9]{0,4}))?$/.exec(given.toLowerCase())
  const port = match?.[2] === undefined ? undefined : Number(match[2])
  if (match?.[1] === undefined || (port ?? 1) > 65_535) throw misuse('names', 'exact host names such as "nas.lan" or "nas.lan:443"', given)
  return { name: match[1], port }
}

function hostsOf(name: string, port: number, isDefault: boolean): string[] {
  return isDefault ? [name, `${name}:${port}`] : [`${name}:${port}`]
}

/** As browsers write it: without a port that the scheme implies. */
function originOf(scheme: 'http' | 'https', name: string, port: number): string {
  const isDefault = port === (scheme === 'http' ? 80 : 443)
  return isDefault ? `${scheme}://${name}` : `${scheme}://${name}:${port}`
}
