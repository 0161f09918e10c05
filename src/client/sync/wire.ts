/** What a replica needs of a server, whatever carries it. `FetchWire` is the real one; a simulation brings its own. */
import type { CallAnswer, CallBody, DetailAnswer, FeedRequest, PageAnswer } from '../../protocol/requests.ts'

export interface WireOptions {
  /** Ends the request; what is under way rejects, and iterables end or throw. */
  readonly signal: AbortSignal
  /** Told whenever anything arrives, also a part of something. */
  readonly onActivity: () => void
}

/** A message of the feed: `protocol/sse.ts`. */
export interface FeedEvent {
  /** Undefined for a commit. */
  readonly event?: string | undefined
  readonly id?: string | undefined
  readonly data: string
}

/** An answer to a poll. */
export interface ChangesAnswer {
  /** Lines of commits; `''` when there were none. */
  readonly text: string
  /** Where to go on from; after the last line when undefined. */
  readonly cursor: string | undefined
}

/**
 * Asks a server. Each promise resolves when the server has accepted, and rejects with a `ReplicaError` that has the server's code where it
 * gave one; anything else thrown, there or by an iterable, counts as `UNREACHABLE`.
 */
export interface Wire {
  /** A snapshot as text, in pieces of any size. */
  snapshot(request: FeedRequest, options: WireOptions): Promise<AsyncIterable<string>>
  /** The feed after `request.after`, without end. */
  feed(request: FeedRequest, options: WireOptions): Promise<AsyncIterable<FeedEvent>>
  /** The commits after `request.after`, waited for up to `request.waitMs`. */
  changes(request: FeedRequest, options: WireOptions): Promise<ChangesAnswer>
  /** Runs an action, once for each `body.id`. */
  call(name: string, body: CallBody, options: WireOptions): Promise<CallAnswer>
  page(kind: string, query: object, options: WireOptions): Promise<PageAnswer>
  detail(kind: string, key: string, options: WireOptions): Promise<DetailAnswer>
}
