/** Replies, before any transport has seen them. */
import type { Readable } from 'node:stream'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Sink } from './sink.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Headers `Set-Cookie`. */
  readonly cookies?: readonly string[]
  /** Pieces that are there already, a stream of them, or what writes the body as long as it takes. */
  readonly body: readonly Uint8Array[] | Readable | ((sink: Sink) => void)
}

const encoder = new TextEncoder()
const json = 'application/json; charset=utf-8'
const askForToken = { 'www-authenticate': 'Bearer' }

export function isStream(body: Reply['body']): body is Readable {
  return 'destroy' in body
}

/** Lets go of what a reply holds that will not be sent. */
export function discard({ body }: Reply): void {
  if (isStream(body)) body.destroy()
}

export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { 'content-type': json, ...headers }, body: [encoder.encode(JSON.stringify(value))] }
}

export function textReply(text: string, headers: Readonly<Record<string, string>>): Reply {
  return { status: 200, headers, body: [encoder.encode(text)] }
}

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: [] }
}

/** An error as its reply. Whoever is not signed in learns nothing, so that body is empty. */
export function errorReply(error: HoldfastError, headers: Readonly<Record<string, string>> = {}): Reply {
  const { httpStatus, retryable } = error.traits
  if (httpStatus === 401) return emptyReply(401, { ...askForToken, ...headers })
  const wait: Record<string, string> = retryable ? { 'retry-after': '1' } : {}
  return {
    status: httpStatus,
    headers: { 'content-type': json, ...wait, ...headers },
    body: [encoder.encode(JSON.stringify(error))],
  }
}

/** What is no error of ours goes to the report whole, and to the client as a reference to it. */
export function toHoldfastError(error: unknown, report: (reference: string, error: unknown) => void): HoldfastError {
  if (isHoldfastError(error)) return error
  const reference = crypto.randomUUID()
  report(reference, error)
  return new HoldfastError('INTERNAL', `The server failed to answer (reference ${reference}).`, { reference })
}
