/** `serve`: a server of its own for a store, on the loopback addresses unless told otherwise. */
import * as http from 'node:http'
import * as https from 'node:https'
import { misuse } from '../base/misuse.ts'
import { checkOptions, flag, integer, object, text } from '../base/options.ts'
import type { Kinds } from '../state/define-state.ts'
import type { StoreMethods } from '../store/store.ts'
import { createHandler, type HandlerOfStore } from './create-handler.ts'
import type { SignInAs } from './gate/sign-in.ts'
import { type HandlerOptions, handlerRules } from './handler-options.ts'
import { type HeldPort, listenOnFreePort } from './listen.ts'
import { readPort, writePort } from './port-file.ts'

/** Options of `serve`; those of `createHandler` besides. */
export interface ServeOptions<Declared extends Kinds = Kinds> extends Omit<HandlerOptions<Declared>, 'port' | 'isSecure'> {
  /** Default: the one served on last, else the first free one from 4173 to 4272. A port that is taken is an error. */
  readonly port?: number
  /** Address to listen on; default `127.0.0.1`, with `::1`. Any other needs `tls`, or `insecure`. */
  readonly host?: string
  /** Certificate and key, as `node:https` takes them. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Serves other machines without TLS: whoever sees the traffic can read and do everything. */
  readonly insecure?: boolean
  /** Connections open at once, on each of the addresses; default 256. Further ones are closed as they come. */
  readonly maxConnections?: number
}

/** A store that is being served. */
export interface HoldfastServer {
  /** Where, such as `http://127.0.0.1:4173`. */
  readonly url: string
  readonly port: number
  /** A link that signs a browser in, once, within 30 s; what `signInPath` of the handler says holds for it. */
  link(as?: SignInAs): string
  /** As of the handler. */
  sessionCookie(token: string): string
  /** As of the handler. */
  clearSessionCookie(): string
  readonly handler: HandlerOfStore
  /** What listens: for a Socket.IO server, or another, that shares the port. Close that first. */
  readonly http: http.Server
  /** Ends streams and connections, and lets go of the port. The store stays open. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])
const rules = {
  ...handlerRules,
  // Not unknown: the option that is nearest to it by name would say the opposite.
  isSecure: { expected: 'left out, since it follows from tls', accepts: () => false },
  port: integer({ min: 1, max: 65_535 }),
  host: text(),
  tls: object(),
  insecure: flag(),
  maxConnections: integer({ min: 1 }),
}
const defaultPorts = { from: 4173, to: 4272 } as const

/** Who sends a head or a body more slowly only holds a connection (Z23). */
export const httpLimits: http.ServerOptions = Object.freeze({
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  noDelay: true,
})

/**
 * Serves a store. The port is recorded in the store's directory and bound again the next time, so that open pages find the server after a
 * restart; one that is taken then is an error, not a reason to go elsewhere.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError PORTS_TAKEN · TOKEN_UNSAFE · DIRECTORY_INVALID for a `page` that cannot be read
 */
export function serve<Declared extends Kinds>(
  store: StoreMethods<Declared>,
  options: ServeOptions<NoInfer<Declared>> = {},
): Promise<HoldfastServer> {
  return serveWithin(httpLimits, store, options)
}

/** `serve`, with other limits for those who are slow. */
export async function serveWithin<Declared extends Kinds>(
  limits: http.ServerOptions,
  store: StoreMethods<Declared>,
  options: ServeOptions<NoInfer<Declared>>,
): Promise<HoldfastServer> {
  checkOptions('serve', options, rules)
  const { port, host = '127.0.0.1', tls, insecure, maxConnections = 256, ...rest } = options
  assertSafe(host, { tls, insecure })
  let bound = 0
  const handler = createHandler(store, { ...rest, isSecure: tls !== undefined, port: () => bound })
  const listener: http.RequestListener = (request, response) => void handler.node(request, response)
  const server = tls === undefined ? http.createServer(limits, listener) : https.createServer({ ...limits, ...tls }, listener)
  server.maxConnections = maxConnections
  // Without a listener Node answers what also asks for another protocol like any request.
  if (options.WebSocketServer !== undefined) listenForUpgrades(server, handler)
  const held = await listenOnFreePort(server, { host: host === 'localhost' ? '127.0.0.1' : host, ...range(port, store.directory) })
  bound = held.port
  if (store.directory !== ':memory:') writePort(store.directory, held.port)
  return createServed(
    { handler, http: server },
    held,
    `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${held.port}`,
  )
}

/** What is not the handler's is for who else listens; where nobody does, it is not left waiting. */
function listenForUpgrades(server: http.Server, handler: HandlerOfStore): void {
  server.on('upgrade', (request, socket, head: Buffer) => {
    if (request.url?.startsWith(`${handler.base}/`) === true) void handler.upgrade(request, socket, head)
    else if (server.listenerCount('upgrade') === 1) socket.destroy()
  })
}

function createServed(parts: Pick<HoldfastServer, 'handler' | 'http'>, held: HeldPort, url: string): HoldfastServer {
  const { handler } = parts
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    handler.close()
    closed ??= held.close()
    return closed
  }
  const link = (as?: SignInAs): string => `${url}${handler.signInPath(as)}`
  const { sessionCookie, clearSessionCookie } = handler
  return Object.freeze({ ...parts, url, port: held.port, link, sessionCookie, clearSessionCookie, close, [Symbol.asyncDispose]: close })
}

function range(port: number | undefined, directory: string): { readonly from: number; readonly to: number } {
  const fixed = port ?? (directory === ':memory:' ? undefined : readPort(directory))
  return fixed === undefined ? defaultPorts : { from: fixed, to: fixed }
}

/** Other machines are let in only by somebody who says so, and not by a slip in a setting (Z10). */
function assertSafe(host: string, { tls, insecure }: { readonly tls: object | undefined; readonly insecure: boolean | undefined }): void {
  if (loopback.has(host)) return
  if (tls === undefined && insecure !== true) throw misuse('host', 'a loopback address, or to come with tls or insecure: true', host)
  const how = tls === undefined ? 'without TLS: whoever sees the traffic can read and do everything' : 'by TLS'
  process.emitWarning(`Holdfast serves other machines on ${host} ${how}.`, { type: 'HoldfastWarning', code: 'SERVED_BEYOND_THIS_MACHINE' })
}
