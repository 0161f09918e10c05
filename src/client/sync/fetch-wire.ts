/** The wire over HTTP, by `fetch`. */
import { createParser } from 'eventsource-parser'
import { readErrorBody } from '../../protocol/error-text.ts'
import { parseFrozen } from '../../protocol/frozen-json.ts'
import {
  type CallAnswer,
  type CallBody,
  type DetailAnswer,
  feedQuery,
  type FeedRequest,
  type PageAnswer,
  paths,
  requestHeader,
  resetHeader,
} from '../../protocol/requests.ts'
import { answerInvalid, ReplicaError, unreachable } from '../replica-error.ts'
import type { ChangesAnswer, FeedEvent, Wire, WireOptions } from './wire.ts'

/** What is needed of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface FetchWireOptions {
  /** Where the server is mounted. */
  readonly url: string
  /** Sent as `Authorization: Bearer`; without it the page's cookie speaks. */
  readonly token?: string | undefined
  readonly fetch: Fetch
}

export class FetchWire implements Wire {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #fetch: Fetch

  constructor({ url, token, fetch }: FetchWireOptions) {
    this.#base = url.replace(/\/+$/, '')
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    this.#fetch = (address, init) => fetch(address, init)
  }

  async snapshot(request: FeedRequest, options: WireOptions): Promise<AsyncIterable<string>> {
    return readText(await this.#ask(`${paths.snapshot}?${feedQuery(request)}`, {}, options), options)
  }

  async feed(request: FeedRequest, options: WireOptions): Promise<AsyncIterable<FeedEvent>> {
    const headers = { accept: 'text/event-stream' }
    const response = await this.#ask(`${paths.feed}?${feedQuery(request)}`, { headers, cache: 'no-store' }, options)
    const type = response.headers.get('content-type') ?? ''
    if (type.startsWith('text/event-stream')) return readEvents(readText(response, options))
    throw answerInvalid(`the feed has the type ${JSON.stringify(type)}`)
  }

  async changes(request: FeedRequest, options: WireOptions): Promise<ChangesAnswer> {
    const response = await this.#ask(`${paths.changes}?${feedQuery(request)}`, { cache: 'no-store' }, options)
    return { text: await readAll(response, options), cursor: response.headers.get('holdfast-cursor') ?? undefined }
  }

  async call(name: string, body: CallBody, options: WireOptions): Promise<CallAnswer> {
    const headers = { 'content-type': 'application/json', [requestHeader]: '1' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await this.#ask(`${paths.call}/${encodeURIComponent(name)}`, init, options)
    return JSON.parse(await readAll(response, options)) as CallAnswer
  }

  async page(kind: string, query: object, options: WireOptions): Promise<PageAnswer> {
    return (await this.#read(paths.page, { kind, query: JSON.stringify(query) }, options)) as PageAnswer
  }

  async detail(kind: string, key: string, options: WireOptions): Promise<DetailAnswer> {
    return (await this.#read(paths.detail, { kind, key }, options)) as DetailAnswer
  }

  async #read(path: string, parameters: Record<string, string>, options: WireOptions): Promise<unknown> {
    const response = await this.#ask(`${path}?${new URLSearchParams(parameters).toString()}`, {}, options)
    return parseFrozen(await readAll(response, options))
  }

  async #ask(path: string, init: RequestInit, options: WireOptions): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) }
    const asked: RequestInit = { credentials: 'same-origin', ...init, headers, signal: options.signal }
    const response = await this.#fetch(`${this.#base}/${path}`, asked)
    options.onActivity()
    if (response.ok && response.headers.get(resetHeader) === null) return response
    throw toError(response, await readAll(response, options))
  }
}

function toError({ status, headers }: Response, text: string): ReplicaError {
  const seconds = Number.parseFloat(headers.get('retry-after') ?? '')
  const facts = { status, retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1000 }
  if (status === 401) return new ReplicaError('SIGN_IN_NEEDED', 'The server does not know who asks. Sign in, then call retry().', {}, facts)
  const body = readErrorBody(text)
  if (body !== undefined) return new ReplicaError(body.code, body.message, body.details, facts)
  return unreachable(`The server answered with status ${status}.`, facts)
}

async function* readText({ body }: Response, { onActivity }: WireOptions): AsyncGenerator<string, void, void> {
  if (body === null) return
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onActivity()
      yield decoder.decode(value as Uint8Array, { stream: true })
    }
  } finally {
    // What is left is of no use, nor is an error of leaving it.
    reader.cancel().catch(() => undefined)
  }
}

async function readAll(response: Response, options: WireOptions): Promise<string> {
  let text = ''
  for await (const piece of readText(response, options)) text += piece
  return text
}

async function* readEvents(pieces: AsyncIterable<string>): AsyncGenerator<FeedEvent, void, void> {
  const events: FeedEvent[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  for await (const piece of pieces) {
    parser.feed(piece)
    yield* events.splice(0)
  }
}
