/**
 * The gate of the network side: what a request has to show before anything is done for it.
 *
 *   host → origin → no token in the address        before routing, also for addresses that do not exist
 *   → links of other sites → who sends it → upgrade → forgery
 *
 * Nothing here throws, whatever the request holds: a gate that can be made to fail is a way in, or a way to stop the server (rule Z3). Only a store
 * that is closed, whose sessions cannot be read, makes it throw STORE_CLOSED.
 * Upgrades to WebSocket pass the same gate, by the same calls (rule Z6).
 */
import { HoldfastError } from '../../base/error.ts'
import { type AuthenticateOptions, createAuthenticate, refuseTokenInTarget } from './authenticate.ts'
import { refuseForgery, refuseUpgrade } from './csrf.ts'
import { corsHeaders, readGuestOrigins } from './guest-origins.ts'
import { createHostCheck } from './host.ts'
import { createOriginCheck, refuseLink } from './origin.ts'
import { createOwnNames, type NamesOptions } from './own-names.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { RequestHead } from './request-head.ts'
import { securityHeaders } from './security-headers.ts'
import type { Visitor } from './visitor.ts'

export type { Refusal } from './refusal.ts'

export interface GateOptions extends NamesOptions, AuthenticateOptions {
  /** Exact origins of other sites that may use the server. */
  readonly origins: readonly string[]
}

/** Who may ask for a route, and whether it changes anything. */
export interface GuardedRoute {
  readonly auth: 'open' | 'code' | 'token'
  readonly changesState: boolean
}

/** May pass; who it is, undefined where nobody asked. */
export interface Entry {
  readonly allowed: true
  readonly visitor: Visitor | undefined
}

export interface Gate {
  /** Host, origin and address: before routing. */
  checkFirst(head: RequestHead): Entry | Refusal
  /** Everything, the first check included, for the route that was found. */
  check(head: RequestHead, route: GuardedRoute): Entry | Refusal
  /** Headers for every reply: those of caution, and those by which browsers let configured origins read it. */
  headersFor(head: RequestHead): Readonly<Record<string, string>>
}

/** @throws TypeError for a configured name or origin that is none */
export function createGate(options: GateOptions): Gate {
  const names = createOwnNames(options)
  const guests = readGuestOrigins(options.origins)
  const refuseHost = createHostCheck(names)
  const refuseOrigin = createOriginCheck({ names, guests })
  const authenticate = createAuthenticate(options)

  const refuseFirst = (head: RequestHead): Refusal | undefined =>
    refuseHost(head) ?? refuseOrigin(head) ?? refuseTokenInTarget(head.target, options.token)

  const check = (head: RequestHead, { auth, changesState }: GuardedRoute): Entry | Refusal => {
    const foreign = refuseFirst(head) ?? (auth === 'open' ? undefined : refuseLink(head, guests))
    if (foreign !== undefined) return foreign
    const proof = auth === 'token' ? authenticate(head) : undefined
    if (auth === 'token' && proof === undefined) return unknownSender()
    const isForgeable = changesState || (head.method !== 'GET' && head.method !== 'HEAD')
    const refusal = refuseUpgrade(head, proof?.via) ?? (isForgeable ? refuseForgery(head, proof?.via) : undefined)
    return refusal ?? { allowed: true, visitor: proof?.visitor }
  }

  return Object.freeze({
    checkFirst: (head: RequestHead) => refuseFirst(head) ?? { allowed: true as const, visitor: undefined },
    check,
    headersFor: (head: RequestHead) => ({ ...securityHeaders, ...corsHeaders(head, guests) }),
  })
}

function unknownSender(): Refusal {
  const reason = 'there is neither a valid token nor a valid cookie'
  return refuse(new HoldfastError('UNAUTHENTICATED', `The sender is unknown: ${reason}.`, { reason }))
}
