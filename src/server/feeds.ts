/** The streams of a server: one encoded feed for each scope, and how many clients there may be. */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/error.ts'
import { EncodedFeed } from './encoded-feed.ts'
import { FeedStream, type FeedStreamParts } from './feed-stream.ts'
import { endWithin, graceMs, type Sink } from './sink.ts'
import type { Scope } from './views/scope.ts'

export interface FeedsParts {
  readonly clock: Clock
  readonly maxStreams: number
  readonly onError: (error: unknown) => void
}

/** Bytes of encoded commits that are kept for clients that come back, by all feeds together. */
const keptBytes = 4 * 1024 * 1024

/** Scopes whose feeds are kept while nobody follows them, at most. */
const mostFeeds = 64

export class Feeds {
  readonly #parts: FeedsParts
  readonly #feeds = new Map<string, FeedStreamParts>()
  readonly #sinks = new Set<Sink>()
  #polls = 0
  #isClosed = false

  constructor(parts: FeedsParts) {
    this.#parts = parts
  }

  /** Streams that are open, polls included. */
  get open(): number {
    return this.#sinks.size + this.#polls
  }

  /** Counts a reply that stays open. @throws HoldfastError TOO_MANY_STREAMS */
  assertRoom(): void {
    const { maxStreams } = this.#parts
    if (this.open < maxStreams) return
    throw new HoldfastError('TOO_MANY_STREAMS', `The server has ${maxStreams} open streams, as many as it may.`, { limit: maxStreams })
  }

  /** Counts a poll until the answer is called. @throws HoldfastError TOO_MANY_STREAMS */
  count(): () => void {
    this.assertRoom()
    this.#polls += 1
    return () => void (this.#polls -= 1)
  }

  /** Streams to a client from where it is; undefined when it has nothing yet. Answers with nothing where the server is closed. */
  stream(sink: Sink, scope: Scope, after: string | undefined): FeedStream | undefined {
    if (this.#isClosed) {
      sink.destroy()
      return undefined
    }
    this.#sinks.add(sink)
    return new FeedStream(this.#partsOf(scope), sink, after)
  }

  /** Ends every stream; clients come back when there is a server again. */
  close(): void {
    this.#isClosed = true
    for (const sink of this.#sinks) endWithin(sink, graceMs, this.#parts.clock)
    for (const { feed } of this.#feeds.values()) feed.close()
    this.#feeds.clear()
  }

  #partsOf(scope: Scope): FeedStreamParts {
    const known = this.#feeds.get(scope.key)
    if (known !== undefined) return known
    this.#dropIdle()
    const { clock, onError } = this.#parts
    const feed = new EncodedFeed(scope, clock, () => keptBytes / this.#feeds.size)
    const parts = { feed, clock, scope, onError, onLeft: (sink: Sink) => void this.#sinks.delete(sink) }
    this.#feeds.set(scope.key, parts)
    return parts
  }

  #dropIdle(): void {
    for (const [key, { feed }] of this.#feeds) if (this.#feeds.size >= mostFeeds && feed.clients === 0) this.#feeds.delete(key)
  }
}
