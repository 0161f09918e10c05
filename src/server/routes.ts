/**
 * Every address the server answers, each with who may ask. There are no others: a request that matches none of these is refused by the handler.
 *
 * `auth` is part of a route's type, so a route without it does not compile.
 */
import { paths } from '../protocol/requests.ts'

/** Routes for everybody, or for whoever holds a one-time code. */
export type OpenRouteName = 'health' | 'proof' | 'signInPage' | 'signIn'

/** Routes for whoever is signed in. */
export type ClosedRouteName = 'ready' | 'snapshot' | 'changes' | 'feed' | 'page' | 'detail' | 'call' | 'artifact' | 'asset'

interface AnyRoute {
  readonly method: 'GET' | 'POST'
  /** Below the mount; the health check and assets stand at the root. */
  readonly path: string
  readonly changesState: boolean
}

/** An address, and who may ask: everybody, whoever holds a one-time code, or whoever is signed in by token, cookie or session. */
export type Route =
  | (AnyRoute & { readonly name: OpenRouteName; readonly auth: 'open' | 'code' })
  | (AnyRoute & { readonly name: ClosedRouteName; readonly auth: 'token' })

export const routes: readonly Route[] = Object.freeze([
  { name: 'health', method: 'GET', path: '/healthz', auth: 'open', changesState: false },
  { name: 'proof', method: 'GET', path: paths.proof, auth: 'open', changesState: false },
  { name: 'signInPage', method: 'GET', path: paths.signIn, auth: 'open', changesState: false },
  { name: 'signIn', method: 'POST', path: paths.signIn, auth: 'code', changesState: true },
  { name: 'ready', method: 'GET', path: paths.ready, auth: 'token', changesState: false },
  { name: 'snapshot', method: 'GET', path: paths.snapshot, auth: 'token', changesState: false },
  { name: 'changes', method: 'GET', path: paths.changes, auth: 'token', changesState: false },
  { name: 'feed', method: 'GET', path: paths.feed, auth: 'token', changesState: false },
  { name: 'page', method: 'GET', path: paths.page, auth: 'token', changesState: false },
  { name: 'detail', method: 'GET', path: paths.detail, auth: 'token', changesState: false },
  { name: 'call', method: 'POST', path: `${paths.call}/*`, auth: 'token', changesState: true },
  { name: 'artifact', method: 'GET', path: `${paths.artifact}/*`, auth: 'token', changesState: false },
  { name: 'asset', method: 'GET', path: '/*', auth: 'token', changesState: false },
])

/** A route, and what stands in place of its `*`. */
export interface Match {
  readonly route: Route
  readonly rest: string
}

/** The route of a request; undefined when there is none. HEAD is answered as GET without its body. */
export function findRoute(method: string, path: string, base: string): Match | undefined {
  const asked = method === 'HEAD' ? 'GET' : method
  const below = path.startsWith(base) && path[base.length] === '/' ? path.slice(base.length + 1) : undefined
  for (const route of routes) {
    if (route.method !== asked) continue
    const rest = restOf(route.path, route.path.startsWith('/') ? path : below)
    if (rest !== undefined) return { route, rest }
  }
  return undefined
}

/** What of a path stands in place of the `*`; undefined when it is another path. */
function restOf(pattern: string, path: string | undefined): string | undefined {
  if (pattern === path) return ''
  const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
  return prefix !== undefined && path?.startsWith(prefix) ? path.slice(prefix.length) : undefined
}
