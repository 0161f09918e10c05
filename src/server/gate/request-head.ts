/** What is judged of a request before its body is read, the same for every server that may have received it. */
import type { IncomingMessage } from 'node:http'

/** Headers by lower-case name. */
export interface RequestHeaders {
  /** The first value. Whoever decides about access asks for {@link all}, so that a second value cannot hide. */
  get(name: string): string | undefined
  /** Every value, in the order received. */
  all(name: string): readonly string[]
}

export interface RequestHead {
  readonly method: string
  /** As it stands in the request line: `/state/feed?after=…`. */
  readonly target: string
  readonly headers: RequestHeaders
}

/**
 * The head of a request of `node:http`.
 *
 * Reads `rawHeaders`: `headers` drops duplicates, and `headersDistinct` throws for a header named `__proto__` in some versions of Node. Express takes
 * the place where a handler is mounted out of `url` and leaves the whole in `originalUrl`.
 */
export function headFromNode(
  request: Pick<IncomingMessage, 'method' | 'rawHeaders' | 'url'> & { readonly originalUrl?: unknown },
): RequestHead {
  const { rawHeaders } = request
  const values = new Map<string, string[]>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const value = rawHeaders[at + 1] as string
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  const headers = { get: (name: string) => values.get(name)?.[0], all: (name: string) => values.get(name) ?? [] }
  const { method = '', url = '', originalUrl } = request
  return { method, target: typeof originalUrl === 'string' ? originalUrl : url, headers }
}

/**
 * The head of a `Request`.
 *
 * Duplicates were joined with commas by then, which no check here accepts. Hosts that keep `Host` out of the headers have put it into the URL.
 */
export function headFromFetch(request: Pick<Request, 'headers' | 'method' | 'url'>): RequestHead {
  const { host, pathname, search } = new URL(request.url)
  const get = (name: string): string | undefined => request.headers.get(name) ?? (name === 'host' ? host : undefined)
  const all = (name: string): readonly string[] => {
    const value = get(name)
    return value === undefined ? [] : [value]
  }
  return { method: request.method, target: `${pathname}${search}`, headers: { get, all } }
}
