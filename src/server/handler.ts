/**
 * The network side of a store for any HTTP server: who asks is judged first, then what is asked.
 *
 *   request → host and origin → route → token → reply, with the same headers of caution on every one
 */
import { HoldfastError } from '../base/error.ts'
import type { Gate, Refusal } from './gate/gate.ts'
import type { RequestHead } from './gate/request-head.ts'
import { emptyReply, errorReply, type Reply, toHoldfastError } from './reply.ts'
import { findRoute, type Match, type RouteName } from './routes.ts'

/** One request, whatever server received it. */
export interface Asked {
  readonly head: RequestHead
  /** The whole body. @throws HoldfastError BODY_TOO_LARGE as soon as it is */
  readonly body: (maxBytes: number) => Promise<Uint8Array>
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
}

/** What the address of a request says beyond its route: the query, and what stands in place of the `*` of the path. */
export interface Address {
  readonly query: URLSearchParams
  readonly rest: string
}

/** What each route does. */
export type Answers = { readonly [Name in RouteName]: (asked: Asked, address: Address) => Reply | Promise<Reply> }

export interface HandlerParts {
  readonly gate: Gate
  readonly answers: Answers
  /** Where the routes are mounted, such as `/state`. */
  readonly base: string
  /** Told of what fails and is nobody's mistake. */
  readonly onError: (error: unknown) => void
}

/** Answers every request, and never throws. */
export async function answer(parts: HandlerParts, asked: Asked): Promise<Reply> {
  const { gate } = parts
  const reply = await judge(parts, asked).catch((error: unknown) => failed(error, parts.onError))
  return { ...reply, headers: { ...gate.headersFor(asked.head), ...reply.headers } }
}

async function judge({ gate, answers, base }: HandlerParts, asked: Asked): Promise<Reply> {
  const { head } = asked
  const first = gate.checkFirst(head)
  if (!first.allowed) return refuse(first)
  if (head.method === 'OPTIONS') return emptyReply(204)
  const url = new URL(head.target, 'http://holdfast.invalid')
  const match = findRoute(head.method, url.pathname, base)
  if (match === undefined) {
    // What there is and what not is for those to know who may ask.
    const entry = gate.check(head, { auth: 'token', changesState: false })
    if (!entry.allowed) return refuse(entry)
    throw unknownRoute(head.method, url.pathname)
  }
  const entry = gate.check(head, match.route)
  if (!entry.allowed) return isVisit(match, head, entry) ? emptyReply(303, { location: `${base}/sign-in` }) : refuse(entry)
  return await answers[match.route.name](asked, { query: url.searchParams, rest: match.rest })
}

/** Somebody who opens the page without being signed in is shown where to do that. */
function isVisit({ route }: Match, head: RequestHead, { status }: Refusal): boolean {
  return route.name === 'asset' && status === 401 && head.headers.get('sec-fetch-mode') === 'navigate'
}

function refuse({ status, headers, error }: Refusal): Reply {
  return error === undefined ? emptyReply(status, headers) : errorReply(error, headers)
}

function failed(error: unknown, onError: (error: unknown) => void): Reply {
  return errorReply(toHoldfastError(error, (reference, cause) => onError(new Error(`Request ${reference} failed.`, { cause }))))
}

export function invalid(reason: string): HoldfastError<'REQUEST_INVALID'> {
  return new HoldfastError('REQUEST_INVALID', `The request cannot be answered: ${reason}`, { reason })
}

export function unknownRoute(method: string, path: string): HoldfastError<'ROUTE_UNKNOWN'> {
  const shown = path.slice(0, 200)
  return new HoldfastError('ROUTE_UNKNOWN', `There is nothing at ${method} ${JSON.stringify(shown)}.`, { method, path: shown })
}
