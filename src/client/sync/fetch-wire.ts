/** The wire over HTTP, by `fetch`. */
import { requestHeader, resetHeader } from '../../protocol/requests.ts'
import { readError, ReplicaError } from '../replica-error.ts'
import type { Wire, WireOptions } from './wire.ts'

/** What is needed of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface FetchWireOptions {
  /** Where the server is mounted, without a slash at the end. */
  readonly url: string
  /** Sent as `Authorization: Bearer`; without it the page's cookie speaks. */
  readonly token?: string | undefined
  /** The global one when undefined. */
  readonly fetch?: Fetch | undefined
}

export function createFetchWire({ url, token, fetch: ownFetch }: FetchWireOptions): Wire {
  const known = token && { authorization: `Bearer ${token}` }
  return async (address, options, body) => {
    const sent = body && { 'content-type': 'application/json', [requestHeader]: '1' }
    const response = await (ownFetch ?? fetch)(`${url}/${address}`, {
      signal: options.signal,
      headers: { ...known, ...sent },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    options.onActivity()
    const { headers } = response
    if (response.ok && !headers.has(resetHeader)) {
      options.onOpen?.(headers)
      await readLines(response, options)
      return headers
    }
    throw toError(response, await response.text())
  }
}

function toError({ status, headers }: Response, text: string): ReplicaError {
  const options = { status, retryAfterMs: Number(headers.get('retry-after')) * 1000 || undefined }
  if (status !== 401) return readError(text, options)
  return new ReplicaError('SIGN_IN_NEEDED', 'Sign in, then retry().', {}, options)
}

async function readLines({ body }: Response, { onActivity, onLine }: WireOptions): Promise<void> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    onActivity()
    const lines = (rest + decoder.decode(value as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() as string
    lines.forEach(onLine)
  }
  onLine(rest)
}
