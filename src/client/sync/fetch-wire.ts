/** The wire over HTTP, by `fetch`. */
import { requestHeader, resetHeader } from '../../protocol/requests.ts'
import { readError, ReplicaError } from '../replica-error.ts'
import type { Wire, WireOptions } from './wire.ts'

/** What is needed of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface FetchWireOptions {
  /** Where the server is mounted. */
  readonly url: string
  /** Sent as `Authorization: Bearer`; without it the page's cookie speaks. */
  readonly token?: string | undefined
  readonly fetch: Fetch
}

export function createFetchWire({ url, token, fetch }: FetchWireOptions): Wire {
  const base = url.replace(/\/+$/, '')
  const known = token ? { authorization: `Bearer ${token}` } : {}
  return async (address, options, body) => {
    const sent = body && { 'content-type': 'application/json', [requestHeader]: '1' }
    const response = await fetch(`${base}/${address}`, {
      signal: options.signal,
      headers: { ...known, ...sent },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    options.onActivity()
    const { ok, headers } = response
    if (ok && !headers.has(resetHeader)) {
      options.onOpen?.(headers)
      await readLines(response, options)
      return headers
    }
    let text = ''
    await readLines(response, { ...options, onLine: (line) => (text += line) })
    throw toError(response, text)
  }
}

function toError({ status, headers }: Response, text: string): ReplicaError {
  const options = { status, retryAfterMs: Number(headers.get('retry-after')) * 1000 || undefined }
  if (status !== 401) return readError(text, options)
  return new ReplicaError('SIGN_IN_NEEDED', 'The server does not know you. Sign in, then retry().', {}, options)
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
