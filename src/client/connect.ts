/** `holdfast/client`: a replica of a served state, in a page or in another process. */
import { type Clock, type Random, systemClock } from '../base/clock.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { createReplica } from './create-replica.ts'
import { aCount, aText, check, checkOptions, oneOf, type Rule, type Rules } from './given.ts'
import type { CallableAction, ChosenKinds, Replica } from './replica.ts'
import { type Fetch, FetchWire } from './sync/fetch-wire.ts'
import type { Transport } from './sync/ladder.ts'

export interface ConnectOptions<State extends StateDefinition = StateDefinition> {
  /** Where the server is mounted: `/state` in a page, a whole address elsewhere. */
  readonly url: string
  /** What to hold; all kinds that have a feed when not given. */
  readonly kinds?: ChosenKinds<State> | undefined
  /** The state that the program was built for; a server with another one is `outdated`. */
  readonly state?: { readonly name: State['name']; readonly version: number } | undefined
  /** For programs: the server's token. A page speaks by its cookie. */
  readonly token?: string | undefined
  /** Default `auto`: server-sent events, or polling where these do not come through. */
  readonly transport?: 'auto' | Transport | undefined
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch | undefined
  /** In place of the system's time. */
  readonly clock?: Clock | undefined
  /** In place of `Math.random`, for waits. */
  readonly random?: Random | undefined
  /** Told of what subscribers throw and of damaged records; default: the console. */
  readonly onError?: ((error: unknown) => void) | undefined
}

const aFunction: Rule = ['a function', (given) => typeof given === 'function']
const anObject: Rule = ['an object', (given) => typeof given === 'object' && given !== null]
const rules: Rules = {
  url: aText,
  kinds: anObject,
  state: anObject,
  token: aText,
  transport: oneOf('auto', 'sse', 'long-poll', 'poll'),
  fetch: aFunction,
  clock: anObject,
  random: aFunction,
  onError: aFunction,
}
const choice: Rule = [
  'true, false or { last: an integer }',
  (given) => typeof given === 'boolean' || aCount[1]((given as { last?: unknown } | null)?.last),
]

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
  checkOptions('connect', options, rules)
  check(Boolean(options.url), 'url', 'the address of a server', options.url)
  for (const [kind, chosen] of Object.entries<unknown>({ ...options.kinds }))
    check(chosen === undefined || choice[1](chosen), `kinds.${kind}`, choice[0], chosen)
  const { url, kinds, state, token, transport, clock = systemClock, random = Math.random, onError = showError } = options
  const wire = new FetchWire({ url, token, fetch: options.fetch ?? ((address, init) => fetch(address, init)) })
  return createReplica({ kinds, state, transport }, { wire, clock, random, createId, onOnline, onError })
}

/** Also where `crypto.randomUUID` is not: in pages from a plain address of the local network. */
function createId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36).padStart(7, '0')).join('')
}

/** The network of a page; elsewhere nobody tells. */
interface Page {
  addEventListener?(type: string, callback: () => void): void
  removeEventListener?(type: string, callback: () => void): void
}

function onOnline(callback: () => void): () => void {
  const page = globalThis as Page
  page.addEventListener?.('online', callback)
  return () => page.removeEventListener?.('online', callback)
}

/** A page has no other place for it than the console. */
function showError(error: unknown): void {
  // oxlint-disable-next-line no-console
  console.error(error)
}
