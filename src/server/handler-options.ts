/** What `createHandler` can be told, and what of it is refused at once. */
import { misuse } from '../base/misuse.ts'
import { checkOptions, flag, fn, integer, object, type OptionRules, text } from '../base/options.ts'
import type { Kinds } from '../state/define-state.ts'
import { type Actions, isAction, type SessionOf } from './actions.ts'
import type { Grant } from './views/grant.ts'
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
  /** Told of what fails by no fault of who asks, with the cause; default the `report` of the store, as `serving-failed`. */
  readonly onError?: (error: unknown) => void
}

const list = {
  expected: 'a list of strings',
  accepts: (given: unknown) => Array.isArray(given) && given.every((item) => typeof item === 'string'),
}
const portRule = {
  expected: 'the port that clients name, from 1 to 65535, or a function that answers with it once it is known',
  accepts: (given: unknown) => typeof given === 'function' || (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= 65_535),
}
const baseRule = {
  expected: 'a path such as "/state", without a slash at its end',
  accepts: (given: unknown) => typeof given === 'string' && /^(?:\/[\w-]+)+$/.test(given),
}

/** The rule of each option. */
export const handlerRules: OptionRules = {
  actions: object(),
  page: text(),
  base: baseRule,
  port: portRule,
  names: list,
  origins: list,
  sessions: text(),
  grants: fn(),
  isSecure: flag(),
  maxStreams: integer({ min: 1 }),
  WebSocketServer: fn(),
  onError: fn(),
}

/** @throws TypeError for an unknown option or a wrong one, for no port, and for an action that `action` did not make */
export function checkHandlerOptions(options: Pick<HandlerOptions, 'actions' | 'port'>): void {
  checkOptions('createHandler', options, handlerRules)
  if (options?.port === undefined) throw misuse('port', portRule.expected, options?.port)
  for (const [name, given] of Object.entries(options.actions ?? {})) {
    if (!isAction(given)) throw misuse(`actions.${name}`, 'made by action(state, schema, run)', given)
  }
}
