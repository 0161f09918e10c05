/** `createHandler`: the network side of a store, to be mounted in a server of any kind. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../base/clock.ts'
import { isHoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import type { Report } from '../base/report.ts'
import type { Kinds } from '../state/define-state.ts'
import type { StoreMethods } from '../store/store.ts'
import { type Serving, StoreHandle } from '../store/store-handle.ts'
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
import { answer, type Answered, type Asked } from './handler.ts'
import { checkHandlerOptions, type HandlerOptions } from './handler-options.ts'
import { answerNode } from './node-adapter.ts'
import { OpenVisits } from './open-visits.ts'
import { type Grants, Views } from './views/views.ts'
import { Upgrades } from './web-socket/upgrades.ts'

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
   * @throws TypeError for no user, for data where none is declared, or where no sessions are let in
   * @throws HoldfastError as `create` of the sessions rejects: SCHEMA_REJECTED, also for data that is missing · SCHEMA_ASYNC, since the schema is asked
   * at once · VALUE_INVALID
   */
  signInPath(as?: SignInAs): string
  /** A header `Set-Cookie` that signs a browser in by a session. @throws TypeError for what is no token, or where no sessions are let in */
  sessionCookie(token: string): string
  /** A header `Set-Cookie` that takes the cookie of a session away; to end the session, revoke it. @throws TypeError where no sessions are let in */
  clearSessionCookie(): string
  /** Answers a request that came another way: for transports of a program's own. Never rejects. */
  ask(asked: Asked): Promise<Answered>
  /** Who sends a request, for routes of a program's own; undefined for whoever would be refused here. Never throws. */
  visitorOf(request: IncomingMessage): Visitor | undefined
  /** Where the routes are mounted. */
  readonly base: string
  /** Streams and polls that are open. */
  readonly streams: number
  /** Ends every stream. The store stays open. */
  close(): void
}

/**
 * Makes the network side of an open store.
 *
 * The token is made at first, in the file `token` of the store's directory, for this user only.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError TOKEN_UNSAFE · DIRECTORY_INVALID for a `page` that cannot be read
 */
export function createHandler<Declared extends Kinds>(
  store: StoreMethods<Declared>,
  options: HandlerOptions<NoInfer<Declared>>,
): HandlerOfStore {
  return createHandlerAt(systemClock, store, options)
}

/** `createHandler`, with a clock of its own. */
export function createHandlerAt<Declared extends Kinds>(
  clock: Clock,
  store: StoreMethods<Declared>,
  options: HandlerOptions<NoInfer<Declared>>,
): HandlerOfStore {
  checkHandlerOptions(options)
  const serving = servingOf(store)
  const { base = '/state', port, onError = reportTo(serving.report) } = options
  const portOf = typeof port === 'function' ? port : () => port
  const token = loadOrCreateToken(store.directory === ':memory:' ? undefined : store.directory)
  const { names = [], origins = [], isSecure = false, maxStreams = 256 } = options
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
  const answerThis = (asked: Asked) => answer({ gate, answers, base, clock, onError }, asked)
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

/** Who asked has a reference at most; the program gets what it stands for. */
function reportTo(report: Report): (error: unknown) => void {
  return (error) => {
    if (error instanceof Error && 'cause' in error) report({ type: 'serving-failed', message: error.message, error: error.cause })
    else report({ type: 'serving-failed', message: 'Serving failed.', error })
  }
}
