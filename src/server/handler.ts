/**
 * The network side of a store for any HTTP server: who asks is judged first, then what is asked.
 *
 *   request → route looked up → host, origin, token → reply, with the same headers of caution on every one
 *
 * Who may ask depends on the route, so it is looked up first, in a list and without parsing anything; nothing is done before the gate.
 */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/error.ts'
import type { Gate, Refusal } from './gate/gate.ts'
import type { RequestHead } from './gate/request-head.ts'
import type { Visitor } from './gate/visitor.ts'
import type { PatienceParts } from './patience.ts'
import { emptyReply, errorReply, type Reply, toHoldfastError } from './reply.ts'
import { type ClosedRouteName, findRoute, type Match, type OpenRouteName } from './routes.ts'

/** One request, whatever server received it. */
export interface Asked {
  readonly head: RequestHead
  /** The whole body. @throws HoldfastError BODY_TOO_LARGE as soon as it is */
  body(maxBytes: number): Promise<Uint8Array>
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
}

/** What a request is answered with. */
export interface Answered extends Reply {
  /** What whoever sends it needs for a client that does not take it. */
  readonly patience: PatienceParts
}

/** What the address of a request says beyond its route: the query, and what stands in place of the `*` of the path. */
export interface Address {
  readonly query: URLSearchParams
  readonly rest: string
}

/** Somebody who was let in, and what is asked for. */
export interface Visit extends Address {
  readonly visitor: Visitor
}

/** What each route does. */
export type Answers = {
  readonly [Name in OpenRouteName]: (asked: Asked, address: Address) => Reply | Promise<Reply>
} & {
  readonly [Name in ClosedRouteName]: (asked: Asked, visit: Visit) => Reply | Promise<Reply>
}

export interface HandlerParts {
  readonly gate: Gate
  readonly answers: Answers
  /** Where the routes are mounted, such as `/state`. */
  readonly base: string
  readonly clock: Clock
  /** Told of what fails and is nobody's mistake. */
  readonly onError: (error: unknown) => void
}

/** Answers every request, and never throws. */
export async function answer(parts: HandlerParts, asked: Asked): Promise<Answered> {
  const { gate } = parts
  const reply = await judge(parts, asked).catch((error: unknown) => failed(error, parts.onError))
  return { ...reply, headers: { ...gate.headersFor(asked.head), ...reply.headers }, patience: parts }
}

async function judge({ gate, answers, base }: HandlerParts, asked: Asked): Promise<Reply> {
  const { head } = asked
  if (head.method === 'OPTIONS') {
    const first = gate.checkFirst(head)
    return first.allowed ? emptyReply(204) : refuse(first)
  }
  const { path, query } = splitTarget(head.target)
  const match = findRoute(head.method, path, base)
  const entry = gate.check(head, match?.route ?? nowhere)
  if (!entry.allowed) return isVisit(match, head, entry) ? emptyReply(303, { location: `${base}/sign-in` }) : refuse(entry)
  if (match === undefined) throw unknownRoute(head.method, path)
  const { route, rest } = match
  const address = { query: new URLSearchParams(query), rest }
  if (route.auth !== 'token') return await answers[route.name](asked, address)
  if (entry.visitor === undefined) throw new TypeError(`The gate let in nobody to ${route.name}.`)
  return await answers[route.name](asked, { ...address, visitor: entry.visitor })
}

/** What there is and what not is for those to know who may ask. */
const nowhere = { auth: 'token', changesState: false } as const

function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?')
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) }
}

/** Somebody who opens the page without being signed in is shown where to do that. */
function isVisit(match: Match | undefined, head: RequestHead, { status }: Refusal): boolean {
  return match?.route.name === 'asset' && status === 401 && head.headers.get('sec-fetch-mode') === 'navigate'
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
