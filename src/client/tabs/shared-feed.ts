/**
 * One feed for all tabs of an origin that ask the same server for the same (ADR 24).
 *
 * It stands between a replica and its wire. A request for the feed waits for a lock, and has it as long as it lasts:
 *
 *   waiting   what it hears is what the tab that leads posts
 *   leading   it goes to the server, and what is answered is posted to the others, message by message
 *
 * So the lead passes on by itself when a tab is closed, crashes or fails, and a request that waited becomes one to the server, from where
 * it was. A replica does not know of it: a lost connection is a request that rejects, in whichever tab. From a tab that leads and is not
 * heard for 2.5 heartbeats the lock is taken.
 *
 * A message says from which cursor to which it leads. A tab takes it when it stands at the first, to the letter; else it asks the server for
 * what comes up to the second. So what was missed is noticed, and what another session may see, or another history had, is not taken.
 */
import type { Random, Stopwatch } from '../../base/clock.ts'
import { queryText, readFeedQuery } from '../../protocol/requests.ts'
import type { AnswerHeaders, Wire, WireOptions } from '../sync/wire.ts'
import { SharedRequest } from './shared-request.ts'
import type { Locks, LockWish, TabChannel, TabMessage } from './tab-channel.ts'

export interface SharedFeedParts {
  /** Begins the name of the lock: the same for those, and only those, that ask the same server. */
  readonly name: string
  readonly locks: Locks
  readonly openChannel: (name: string) => TabChannel
  /** For what was missed. */
  readonly wire: Wire
  readonly clock: Stopwatch
  readonly random: Random
}

/** How long those that would take the lock wait for each other, ms, at most. */
const mostStealMs = 5_000

/** Of one replica, which asks for the feed by one request at a time. */
export class SharedFeed {
  readonly #parts: SharedFeedParts
  #channel: TabChannel | undefined
  /** The request that is under way. */
  #request: SharedRequest | undefined
  #hope: (() => void) | undefined
  /** The highest that was heard. */
  #term = 0
  /** That in which this tab led last. */
  #ownTerm = 0
  /** Whether the tab that leads was not heard for too long. */
  #isSilent = false

  constructor(parts: SharedFeedParts) {
    this.#parts = parts
  }

  /** A wire of which the feed is shared. */
  share(through: Wire): Wire {
    return (address, options, body) => {
      const isFeed = /^feed|^changes(?!.*waitMs=0)/.test(address)
      return isFeed ? this.#follow(through, address, options) : through(address, options, body)
    }
  }

  /** Calls back whenever another tab begins to be live while this one does not ask, until the signal is aborted, which ends everything. */
  onLive(callback: () => void, signal: AbortSignal): void {
    this.#hope = callback
    signal.addEventListener('abort', () => {
      this.#channel?.close()
      this.#channel = undefined
    })
  }

  readonly #post = (message: TabMessage): void => this.#channel?.postMessage([this.#ownTerm, message])

  #open(lock: string): void {
    if (this.#channel) return
    this.#channel = this.#parts.openChannel(lock)
    this.#channel.onmessage = ({ data: [term, message] }) => {
      // That a tab which led before has failed is no news.
      if (typeof message === 'string' && message !== '' && term < this.#term) return
      const isFirst = term > this.#term
      this.#term = Math.max(this.#term, term)
      if (this.#request) this.#request.take(message)
      else if (isFirst && typeof message !== 'string') this.#hope?.()
    }
  }

  async #follow(through: Wire, address: string, options: WireOptions): Promise<AnswerHeaders> {
    const { signal } = options
    // Where the replica is closed, so is the channel.
    signal.throwIfAborted()
    const { clock, random, name, wire } = this.#parts
    const [path, query] = address.split('?')
    const asked = readFeedQuery(new URLSearchParams(query))
    const lock = `${name} ${queryText({ state: asked.state, kinds: asked.kinds })}`
    const onHeard = (): void => void (this.#isSilent = false)
    const request = new SharedRequest({ through, wire, post: this.#post, isStream: path === 'feed', asked, options, onHeard })
    this.#request = request
    this.#open(lock)
    signal.addEventListener('abort', () => {
      this.#isSilent ||= !request.isLeading && (signal.reason as { readonly code?: unknown }).code === 'UNREACHABLE'
    })
    if (this.#isSilent) clock.after(random() * mostStealMs, () => this.#steal(request, lock))
    void this.#stand(request, lock, { signal })
    this.#post('')
    try {
      return await request.answer
    } finally {
      if (this.#request === request) this.#request = undefined
    }
  }

  #steal(request: SharedRequest, lock: string): void {
    if (this.#isSilent && this.#request === request && !request.isLeading) void this.#stand(request, lock, { steal: true })
  }

  /** Waits for the lock, or takes it, and leads. */
  async #stand(request: SharedRequest, lock: string, wish: LockWish): Promise<void> {
    try {
      await this.#parts.locks.request(lock, wish, () => {
        this.#isSilent = false
        this.#ownTerm = this.#term += 1
        return request.lead()
      })
    } catch (error) {
      // Where locks are not to be had, each tab is for itself.
      if (!request.isLeading && !request.isOver) return request.lead().catch((reason: unknown) => request.fail(reason))
      request.fail(error)
    }
  }
}
