/** `holdfast/client`: a replica of a served state, in a page or in another process. */
import { type Clock, type Random, systemClock } from '../base/clock.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { createReplica } from './create-replica.ts'
import { check, checkOptions } from './given.ts'
import type { CallableAction, ChosenKinds, Replica } from './replica.ts'
import { createFetchWire, type Fetch } from './sync/fetch-wire.ts'
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

const rules = {
  url: 'a string',
  kinds: 'an object',
  state: 'an object',
  token: 'a string',
  transport: 'auto or sse or long-poll or poll',
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
  const { url, kinds, token, clock = systemClock, random = Math.random, onError = showError } = options
  check(url, 'url', 'an address', url)
  for (const [kind, choice] of Object.entries<boolean | { readonly last?: unknown } | null | undefined>({ ...kinds })) {
    const isChoice = choice === undefined || typeof choice === 'boolean' || Number.isSafeInteger(choice?.last)
    check(isChoice, `kinds.${kind}`, 'a boolean or { last: a number }', choice)
  }
  const wire = createFetchWire({ url, token, fetch: options.fetch ?? ((address, init) => fetch(address, init)) })
  return createReplica(options, { wire, clock, random, createId, onOnline, onError })
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

/** A page has no other place for it than the console. */
function showError(error: unknown): void {
  // oxlint-disable-next-line no-console
  console.error(error)
}
