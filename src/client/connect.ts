/** `holdfast/client`: a replica of a served state, in a page or in another process. */
import type { Random, Stopwatch } from '../base/clock.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { createReplica, type ReplicaSeams } from './create-replica.ts'
import { check, checkOptions } from './given.ts'
import type { CallableAction, ChosenKinds, Replica } from './replica.ts'
import { createFetchWire, type Fetch } from './sync/fetch-wire.ts'
import type { ChosenTransport } from './sync/ladder.ts'
import { createSocketWire, type SocketClass } from './sync/socket-wire.ts'

export interface ConnectOptions<State extends StateDefinition = StateDefinition> {
  /** Where the server is mounted: `/state` in a page, a whole address elsewhere. */
  readonly url: string
  /** What to hold; all kinds that have a feed when not given. */
  readonly kinds?: ChosenKinds<State> | undefined
  /** The state that the program was built for; a server with another one is `outdated`. */
  readonly state?: { readonly name: State['name']; readonly version: number } | undefined
  /** For programs: the server's token, sent to whatever answers at `url`; `holdfast/client/token` has it proven first. A page speaks by its cookie. */
  readonly token?: string | undefined
  /** Default `auto`: server-sent events, or polling where these do not come through. A name pins one; a list is a ladder of one's own, of which `auto` may be the end. */
  readonly transport?: ChosenTransport | undefined
  /**
   * What stands between: `tabs` of `holdfast/client/tabs` (one connection for all tabs), `proven(token)` of `holdfast/client/token`, or `socketIo(socket)` of
   * `holdfast/client/socket.io`.
   */
  readonly through?: Through | undefined
  /** In place of the global `WebSocket`. */
  readonly WebSocket?: SocketClass | undefined
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch | undefined
  /** In place of the system's time. */
  readonly clock?: Stopwatch | undefined
  /** In place of `Math.random`, for waits. */
  readonly random?: Random | undefined
  /** Told of what subscribers throw and of damaged records; default: the console. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Puts something between a replica and its server. @param url where it is mounted, without a slash at the end */
export type Through = (url: string, seams: ReplicaSeams) => ReplicaSeams

const transportRules = { transport: 'auto or websocket or sse or long-poll or poll' }

const rules = {
  url: 'a string',
  kinds: 'an object',
  state: 'an object',
  token: 'a string',
  transport: 'anything',
  through: 'a function',
  WebSocket: 'a function',
  fetch: 'a function',
  clock: 'an object',
  random: 'a function',
  onError: 'a function',
}

/**
 * Connects to a server and keeps a copy of its state in step, from now until `close()`.
 *
 * Returns at once; `await replica.ready` for the first snapshot. Have one for a page or process, not one for each component.
 *
 * @throws TypeError for an unknown option or a wrong one
 */
export function connect<State extends StateDefinition = StateDefinition, Actions = Record<string, CallableAction>>(
  options: ConnectOptions<State>,
): Replica<State, Actions> {
  checkOptions(options, rules)
  // A page has no other place for errors than the console.
  // oxlint-disable-next-line no-console
  const { url, kinds, through, transport = 'auto', clock = pageClock, random = Math.random, onError = console.error } = options
  check(options.fetch || URL.canParse(url, (globalThis as { location?: unknown }).location as string), 'url', 'absolute', url)
  for (const [kind, choice] of Object.entries<boolean | { readonly last?: unknown } | null | undefined>({ ...kinds })) {
    const isChoice = choice === undefined || typeof choice === 'boolean' || Number.isSafeInteger(choice?.last)
    check(isChoice, `kinds.${kind}`, 'a boolean or { last }', choice)
  }
  for (const name of String(transport).split(',')) checkOptions({ transport: name }, transportRules)
  const server = { ...options, url: url.replace(/\/+$/, '') }
  const wire = createFetchWire(server)
  const socket = createSocketWire(server)
  const seams: ReplicaSeams = { wire, socket, clock, random, createId, onOnline, onError }
  return createReplica(options, through?.(server.url, seams) ?? seams)
}

/** The time of the system, as far as a replica needs it. */
const pageClock: Stopwatch = {
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Also where `crypto.randomUUID` is not: in pages from a plain address of the local network. */
function createId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

/** In a page; elsewhere nobody tells. */
function onOnline(callback: () => void, signal: AbortSignal): void {
  const page = globalThis as { addEventListener?(type: string, callback: () => void, options: { readonly signal: AbortSignal }): void }
  page.addEventListener?.('online', callback, { signal })
}
