/**
 * The stream of one client: where it is in the history, and what its connection has not taken yet (rule F3).
 *
 *   hydrating ──snapshot sent──▶ catching up ──reached the feed──▶ live ──buffer full──▶ behind ──taken──▶ catching up
 *        ▲                            │
 *        └────────── reset ◀──────────┘ its cursor is of no use any more
 *
 * It holds a cursor, not a queue: what a slow client has not got is in the history. A client that takes nothing for 30 s is let go.
 * Each time it joins the feed the client gets a bookmark: what was published until then has been sent.
 */
import { backoffDelayMs } from '../base/backoff.ts'
import type { Timer } from '../base/clock.ts'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Commit } from '../state/change.ts'
import { encodeCommit, revisionOf } from '../protocol/commit-text.ts'
import { eventText } from '../protocol/sse.ts'
import { bookmarkText, type EncodedFeed, type LiveClient, type Portion } from './encoded-feed.ts'
import { Patience, type PatienceParts } from './patience.ts'
import { endWithin, graceMs, type Sink } from './sink.ts'
import { snapshotMessages } from './snapshot-messages.ts'
import type { Scope } from './views/scope.ts'
import { portionBytes, writeAll } from './write-all.ts'

/** A connection that leaves so many bytes untaken gets no further portion, which is 256 KiB or one commit: 1 MiB in all. */
const untakenBytes = 768 * 1024

/** Between resets that follow each other, from the third one on. */
const resetBackoff = { minMs: 1_000, maxMs: 10_000 }

const encoder = new TextEncoder()

/** What all streams of the same kinds share. */
export interface FeedStreamParts extends PatienceParts {
  readonly feed: EncodedFeed
  readonly scope: Scope
  /** Told once when a stream has ended. */
  readonly onLeft: (sink: Sink) => void
}

export class FeedStream implements LiveClient {
  readonly #parts: FeedStreamParts
  readonly #sink: Sink
  #cursor: string | undefined
  #reading: AbortController | undefined
  /** There while there is something to take. */
  #patience: Patience | undefined
  /** Resets since the client was live. */
  #resets = 0
  #pause: Timer | undefined
  /** Some of a message may be written, and the rest not. */
  #isWriting = false

  /** @param after where the client is; undefined when it has nothing yet */
  constructor(parts: FeedStreamParts, sink: Sink, after: string | undefined) {
    this.#parts = parts
    this.#sink = sink
    this.#cursor = after
    sink.onceClosed(() => this.#leave())
    this.#run()
  }

  onPortion(portion: Portion): void {
    const at = revisionOf(this.#cursor ?? '')
    if (portion.to <= at) return
    const sink = this.#sink
    if (sink.pendingBytes > untakenBytes) {
      this.#parts.feed.leave(this)
      this.#waitForRoom()
      return
    }
    this.#cursor = portion.cursor
    sink.write(portion.after(at))
  }

  onHeartbeat(bytes: Uint8Array): void {
    // What is still on its way says more than a heartbeat would, and who takes nothing gets no more.
    if (this.#sink.pendingBytes > 0) return this.#beImpatient()
    // Who came while the newest commits were about to be sent is ahead of the feed, and was told only now where it is.
    if (this.#cursor === this.#parts.feed.cursor) this.#sink.write(bytes)
  }

  onLost(): void {
    this.#run()
  }

  /** Ends the stream, and says why unless that would stand in the middle of a message. What was written may be taken for `limitMs` more. */
  end(error: unknown, limitMs: number): void {
    const sink = this.#sink
    if (sink.isClosed) return
    this.#calmDown()
    if (isHoldfastError(error) && !this.#isWriting) sink.write(encoder.encode(eventText('end', undefined, JSON.stringify(error))))
    endWithin(sink, limitMs, this.#parts.clock)
  }

  #run(): void {
    if (this.#sink.isClosed) return
    try {
      // Most clients come from where the feed is; for them nothing has to be waited for.
      if (!this.#join()) this.#proceed().catch((error: unknown) => this.#fail(error))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Goes on from wherever the client is until it is live. */
  async #proceed(): Promise<void> {
    if (this.#cursor === undefined) await this.#hydrate(true)
    while (this.#cursor !== undefined && !this.#sink.isClosed) {
      try {
        if (this.#join() || (await this.#readHistory(this.#cursor))) return
      } catch (error) {
        if (!isCursorError(error)) throw error
        await this.#startOver(error)
      }
    }
  }

  async #hydrate(isShared: boolean): Promise<void> {
    const { cursor, pieces } = await this.#parts.scope.snapshot(isShared)
    if (await this.#write(snapshotMessages(pieces, cursor))) this.#cursor = cursor
  }

  /** What the client has is void. A shared snapshot may be too old itself: the second in a row is a new one, and then it waits before each. */
  async #startOver(error: CursorError): Promise<void> {
    this.#sink.write(encoder.encode(eventText('reset', undefined, JSON.stringify(error))))
    this.#resets += 1
    if (this.#resets > 2) await this.#rest(backoffDelayMs(resetBackoff, this.#resets - 3, () => 1))
    await this.#hydrate(this.#resets === 1)
  }

  /** Never resolves when the client leaves meanwhile: there is nothing to go on with. */
  #rest(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#pause = this.#parts.clock.after(delayMs, resolve, { background: true })
    })
  }

  /** Joins the feed where the client is at a place that the feed knows; true when it did. */
  #join(): boolean {
    const cursor = this.#cursor
    if (cursor === undefined) return false
    const { feed, scope } = this.#parts
    feed.wake()
    // One text for all who are there: the client's own would keep its address.
    if (cursor === feed.cursor) this.#cursor = feed.cursor
    const portions = feed.after(cursor)
    if (portions === undefined && !(cursor === scope.cursor && feed.isCurrent(cursor))) return false
    this.#live(portions ?? [])
    return true
  }

  #live(portions: readonly Portion[]): void {
    const { feed, clock } = this.#parts
    this.#resets = 0
    feed.join(this)
    // A client whose buffer is full in the middle of them goes on from there later.
    for (const portion of portions) if (feed.has(this)) this.onPortion(portion)
    if (feed.has(this)) this.#sink.write(encoder.encode(bookmarkText(this.#cursor ?? '', clock.now())))
  }

  /** True once the client is live, or gone. */
  async #readHistory(after: string): Promise<boolean> {
    const { feed, scope } = this.#parts
    this.#reading = new AbortController()
    try {
      for await (const commit of scope.follow(after, this.#reading.signal)) {
        if (!(await this.#writeCommit(commit))) return true
        this.#cursor = commit.cursor
        if (!feed.isCurrent(commit.cursor)) continue
        this.#live([])
        return true
      }
      if (!this.#sink.isClosed) throw closed()
      return true
    } finally {
      this.#reading = undefined
    }
  }

  async #writeCommit(commit: Commit): Promise<boolean> {
    const { clock } = this.#parts
    const isBookmark = commit.changes.length === 0
    const text = isBookmark ? bookmarkText(commit.cursor, clock.now()) : eventText(undefined, commit.cursor, encodeCommit(commit))
    return this.#write([encoder.encode(text)])
  }

  /** Writes messages when there is room, and waits for that no longer than for a client that takes nothing. */
  async #write(messages: Iterable<Uint8Array>): Promise<boolean> {
    const isWritten = await writeAll(this.#sink, this.#watched(messages), this.#patient())
    this.#isWriting = false
    this.#calmDown()
    return isWritten
  }

  /** Notes which go out in portions: between two of those nothing else can be said. */
  *#watched(messages: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const message of messages) {
      this.#isWriting = message.byteLength > portionBytes
      yield message
    }
  }

  #waitForRoom(): void {
    this.#beImpatient()
    this.#sink.onceRoomy(() => {
      this.#calmDown()
      this.#run()
    })
  }

  /** From now on the client has to take something. */
  #beImpatient(): void {
    if (!this.#sink.isClosed) this.#patient().begin()
  }

  #patient(): Patience {
    this.#patience ??= new Patience(this.#sink, this.#parts)
    return this.#patience
  }

  #calmDown(): void {
    this.#patience?.end()
    this.#patience = undefined
  }

  #fail(error: unknown): void {
    if (this.#sink.isClosed) return
    if (!isHoldfastError(error, 'STORE_CLOSED')) this.#parts.onError(error)
    this.end(error, graceMs)
  }

  #leave(): void {
    this.#calmDown()
    this.#pause?.cancel()
    this.#reading?.abort()
    this.#parts.feed.leave(this)
    this.#parts.onLeft(this.#sink)
  }
}

type CursorError = HoldfastError<'CURSOR_EXPIRED'> | HoldfastError<'CURSOR_IN_FUTURE'> | HoldfastError<'CURSOR_DIVERGED'>

/** The cursor was right once, and is of no use any more. */
export function isCursorError(error: unknown): error is CursorError {
  return isHoldfastError(error, 'CURSOR_EXPIRED') || isHoldfastError(error, 'CURSOR_IN_FUTURE') || isHoldfastError(error, 'CURSOR_DIVERGED')
}

function closed(): HoldfastError<'STORE_CLOSED'> {
  return new HoldfastError('STORE_CLOSED', 'The store was closed while a client followed it.', { method: 'follow' })
}
