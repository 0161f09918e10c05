/** `createHandler`: the network side of a store, to be mounted in a server of any kind. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { systemClock } from '../base/clock.ts'
import { isHoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { checkOptions, fn, integer, object, text } from '../base/options.ts'
import type { Kinds } from '../state/define-state.ts'
import type { StoreMethods } from '../store/store.ts'
import { type Serving, StoreHandle } from '../store/store-handle.ts'
import type { Actions, SessionOf } from './actions.ts'
import { createAnswers } from './answers.ts'
import { readAssets } from './assets.ts'
import { Feeds } from './feeds.ts'
import { answerFetch } from './fetch-adapter.ts'
import { createGate } from './gate/gate.ts'
import { headFromNode } from './gate/request-head.ts'
import type { Visitor } from './gate/visitor.ts'
import { loadOrCreateToken } from './gate/secret.ts'
import { findSessionAccess } from './gate/session-access.ts'
import { SignIn, type SignInAs } from './gate/sign-in.ts'
import { answer, type Asked } from './handler.ts'
import { answerNode } from './node-adapter.ts'
import { OpenVisits } from './open-visits.ts'
import type { Reply } from './reply.ts'
import type { Grant } from './views/grant.ts'
import { type Grants, Views } from './views/views.ts'
import { Upgrades } from './web-socket/upgrades.ts'
import type { WebSocketServerClass } from './web-socket/web-socket-class.ts'

/** Options of `createHandler`. */
export interface HandlerOptions<Declared extends Kinds = Kinds> {
  /** What clients may call; made by `action`. */
  readonly actions?: Actions
  /** Directory of the built page, served at the root to whoever is signed in. Read once. */
  readonly page?: string
  /** Where the routes are mounted; default `/state`. */
  readonly base?: string
  /** The port that clients name in `Host`; asked at each request, since it may be known late. */
  readonly port: number | (() => number)
  /** Names that clients may use for this host besides `localhost` and the loopback addresses, such as `nas.lan`. */
  readonly names?: readonly string[]
  /** Origins of other sites that may use the server, such as `https://dashboard.example`. Default none. */
  readonly origins?: readonly string[]
  /** The kind whose sessions are let in; default the only one of the state that holds any, and none where there are several. */
  readonly sessions?: string
  /**
   * Says what a session may read and call; without it a session may do what the owner of the store may, who is asked nothing. It is asked at each
   * request and twice a second while a session has a stream open, and what it answers then holds at once.
   */
  readonly grants?: (session: SessionOf<Declared>) => Grant<Declared>
  /** The server is reached by HTTPS. */
  readonly isSecure?: boolean
  /** Streams and polls open at once; default 256. */
  readonly maxStreams?: number
  /** `WebSocketServer` of the package `ws`, for clients that follow over a WebSocket. */
  readonly WebSocketServer?: WebSocketServerClass
  /** Told of failures in the background; default `process.emitWarning`. */
  readonly onError?: (error: unknown) => void
}

/** The network side of a store. */
export interface HandlerOfStore {
  /** Answers a request of `node:http`. Never rejects. */
  node(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Answers a `Request`. Never rejects. */
  fetch(request: Request): Promise<Response>
  /**
   * Answers what `node:http` gives to a listener of `upgrade`; refuses it where no `WebSocketServer` was given. What is not below the mount is left to
   * other listeners. Never rejects.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /**
   * A path with a one-time code behind it, valid for 30 s, which signs a browser in.
   *
   * @param as by a session of this user, which is made when the code is exchanged; as the owner of the store when not given
   * @throws TypeError for no user, or where no sessions are let in
   */
  signInPath(as?: SignInAs): string
  /** A header `Set-Cookie` that signs a browser in by a session. @throws TypeError for what is no token, or where no sessions are let in */
  sessionCookie(token: string): string
  /** A header `Set-Cookie` that takes the cookie of a session away; to end the session, revoke it. @throws TypeError where no sessions are let in */
  clearSessionCookie(): string
  /** Answers a request that came another way: for transports of a program's own. Never rejects. */
  ask(asked: Asked): Promise<Reply>
  /** Who sends a request, for routes of a program's own; undefined for whoever would be refused here. Never throws. */
  visitorOf(request: IncomingMessage): Visitor | undefined
  /** Where the routes are mounted. */
  readonly base: string
  /** Streams and polls that are open. */
  readonly streams: number
  /** Ends every stream. The store stays open. */
  close(): void
}

const list = {
  expected: 'a list of strings',
  accepts: (given: unknown) => Array.isArray(given) && given.every((item) => typeof item === 'string'),
}
const portRule = {
  expected: 'a port, or a function that answers with it',
  accepts: (given: unknown) => Number.isInteger(given) || typeof given === 'function',
}
const baseRule = {
  expected: 'a path such as "/state", without a slash at its end',
  accepts: (given: unknown) => typeof given === 'string' && /^(?:\/[\w-]+)+$/.test(given),
}
const flagRule = { expected: 'true or false', accepts: (given: unknown) => typeof given === 'boolean' }
const rules = {
  actions: object(),
  page: text(),
  base: baseRule,
  port: portRule,
  names: list,
  origins: list,
  sessions: text(),
  grants: fn(),
  isSecure: flagRule,
  maxStreams: integer({ min: 1 }),
  WebSocketServer: fn(),
  onError: fn(),
}

/**
 * Makes the network side of an open store.
 *
 * The token is made at first, in the file `token` of the store's directory, for this user only.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError TOKEN_UNSAFE
 */
export function createHandler<Declared extends Kinds>(
  store: StoreMethods<Declared>,
  options: HandlerOptions<NoInfer<Declared>>,
): HandlerOfStore {
  checkOptions('createHandler', options, rules)
  const serving = servingOf(store)
  const { base = '/state', port, onError = warn } = options
  const portOf = typeof port === 'function' ? port : () => port
  const token = loadOrCreateToken(store.directory === ':memory:' ? undefined : store.directory)
  const { names = [], origins = [], isSecure = false, maxStreams = 256 } = options
  const clock = systemClock
  const access = findSessionAccess(store.state, serving, options.sessions)
  const sessions = access?.reads
  const who = { token, storeId: serving.storeId, base, port: portOf, names, origins, isSecure, clock, sessions, access }
  const gate = createGate(who)
  const signIn = new SignIn(who)
  const visits = new OpenVisits({ sessions, clock, mostEach: Math.ceil(maxStreams / 4) })
  const feeds = new Feeds({ clock, maxStreams, onError })
  const views = new Views(store.state, options.grants as Grants | undefined)
  const assets = options.page === undefined ? new Map() : readAssets(options.page)
  const { actions = {} } = options
  const answers = createAnswers({
    store: store as never,
    serving,
    feeds,
    actions,
    assets,
    signIn,
    proof: { token, sessions },
    visits,
    views,
    clock,
    onError,
  })
  const answerThis = (asked: Asked) => answer({ gate, answers, base, onError }, asked)
  const upgrades = new Upgrades({ WebSocketServer: options.WebSocketServer, answer: answerThis, clock, base })
  return Object.freeze({
    node: (request: IncomingMessage, response: ServerResponse) => answerNode(answerThis, request, response),
    fetch: (request: Request) => answerFetch(answerThis, request),
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrades.take(request, socket, head),
    signInPath: (as?: SignInAs) => signIn.path(as),
    ask: answerThis,
    visitorOf: (request: IncomingMessage) => {
      try {
        const entry = gate.check(headFromNode(request), { auth: 'token', changesState: false })
        return entry.allowed ? entry.visitor : undefined
      } catch (error) {
        // Where sessions cannot be read, nobody is known; who asks here would not expect an error, and end with it.
        if (!isHoldfastError(error, 'STORE_CLOSED')) onError(error)
        return undefined
      }
    },
    base,
    sessionCookie: (of: string) => signIn.sessionCookie(of),
    clearSessionCookie: () => signIn.clearSessionCookie(),
    get streams() {
      return feeds.open
    },
    close: () => feeds.close(),
  })
}

function servingOf(store: object): Serving {
  const serving = typeof store === 'object' && store !== null ? StoreHandle.serving(store) : undefined
  if (serving === undefined) throw misuse('store', 'an open store', store)
  return serving
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)))
}
