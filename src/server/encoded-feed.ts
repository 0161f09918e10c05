/**
 * The newest commits of some kinds as bytes, encoded once for every client that follows the same kinds (rule F3).
 *
 * It follows the store once. Commits that are ready together become one *portion*, and each client that has got everything before it gets
 * the same bytes. The newest portions are kept, so that a client that comes back, or was slow for a moment, costs no read of the history.
 *
 *   a commit ──▶ pending ──first after a rest: in this turn; else up to 8 ms later──▶ portion ──▶ kept, and to every live client
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Commit } from '../state/change.ts'
import { encodeCommit, epochOf, revisionOf } from '../protocol/commit-text.ts'
import { heartbeatMs } from '../protocol/limits.ts'
import { eventText } from '../protocol/sse.ts'
import type { Scope } from './views/scope.ts'

/** Commits that follow others this soon are joined with those that follow them, ms: one write costs a client less than ten. */
const joinMs = 8

/** A bookmark alone may wait so long for a commit to go with, ms. */
const bookmarkMs = 200

/** Bytes of a portion at most, about. */
const portionBytes = 256 * 1024

/** Commits that travel together. */
export interface Portion {
  /** The revision before the first of them. */
  readonly from: number
  /** The cursor after the last of them. */
  readonly cursor: string
  readonly to: number
  readonly bytes: Uint8Array
  /** Where the messages that come after a revision begin. */
  after(revision: number): Uint8Array
}

/** A client that has everything up to the newest portion. */
export interface LiveClient {
  onPortion(portion: Portion): void
  onHeartbeat(bytes: Uint8Array): void
  /** The history is another one, or cannot be followed: the client has to find its place again. */
  onLost(): void
}

interface Message {
  readonly cursor: string
  readonly text: string
  readonly isBookmark: boolean
}

export class EncodedFeed {
  readonly #source: Pick<Scope, 'cursor' | 'follow'>
  readonly #clock: Clock
  readonly #keptBytes: () => number
  readonly #live = new Set<LiveClient>()
  #portions: Portion[] = []
  #portionBytes = 0
  #pending: Message[] = []
  #pendingBytes = 0
  #hasCommit = false
  #flushTimer: Timer | undefined
  #heartbeat: Timer | undefined
  #lastFlushAt = Number.NEGATIVE_INFINITY
  #cursor: string
  #following: AbortController | undefined

  /** @param keptBytes of encoded commits that may be kept at the moment */
  constructor(source: Pick<Scope, 'cursor' | 'follow'>, clock: Clock, keptBytes: () => number) {
    this.#source = source
    this.#clock = clock
    this.#keptBytes = keptBytes
    this.#cursor = source.cursor
  }

  /** Clients that are live. */
  get clients(): number {
    return this.#live.size
  }

  /** The cursor after the newest portion. */
  get cursor(): string {
    return this.#cursor
  }

  /** The portions after a cursor, where they are kept and the cursor is one of theirs; undefined where not. */
  after(cursor: string): readonly Portion[] | undefined {
    if (cursor === this.#cursor) return []
    const at = this.#portions.findIndex((portion) => portion.cursor === cursor)
    return at === -1 ? undefined : this.#portions.slice(at + 1)
  }

  /** A client that has everything up to a revision of this epoch, no older than the newest portion, is live from now on. */
  join(client: LiveClient): void {
    this.#live.add(client)
    this.#follow()
    this.#beat()
  }

  leave(client: LiveClient): void {
    this.#live.delete(client)
    if (this.#live.size === 0) this.#stop()
  }

  has(client: LiveClient): boolean {
    return this.#live.has(client)
  }

  /** Whether a client at this cursor may join. */
  isCurrent(cursor: string): boolean {
    return epochOf(cursor) === epochOf(this.#cursor) && revisionOf(cursor) >= revisionOf(this.#cursor)
  }

  /** Brings the feed up to date with the store, so that it can be joined; it rests while nobody is live. */
  wake(): void {
    if (this.#following !== undefined) return
    const { cursor } = this.#source
    if (cursor !== this.#cursor) this.#forget(cursor)
    this.#follow()
  }

  close(): void {
    this.#stop()
    const live = [...this.#live]
    this.#live.clear()
    for (const client of live) client.onLost()
  }

  #follow(): void {
    if (this.#following !== undefined) return
    const following = new AbortController()
    this.#following = following
    void this.#pump(following.signal).finally(() => {
      if (this.#following === following) this.#following = undefined
    })
  }

  async #pump(signal: AbortSignal): Promise<void> {
    try {
      for await (const commit of this.#source.follow(this.#cursor, signal)) this.#take(commit)
    } catch {
      // Clients learn why when they look for their place.
    }
    if (!signal.aborted) this.#lose()
  }

  #take(commit: Commit): void {
    const isBookmark = commit.changes.length === 0
    const text = isBookmark ? bookmarkText(commit.cursor, this.#clock.now()) : eventText(undefined, commit.cursor, encodeCommit(commit))
    const last = this.#pending.at(-1)
    // Of bookmarks in a row the last says it all.
    if (isBookmark && last?.isBookmark === true) this.#pending.pop()
    this.#pending.push({ cursor: commit.cursor, text, isBookmark })
    this.#pendingBytes += text.length
    this.#plan(isBookmark)
  }

  /** Plans the flush: at once after a rest, joined with what follows in a burst, and late for a bookmark alone. */
  #plan(isBookmark: boolean): void {
    if (this.#pendingBytes >= portionBytes) return this.#flush()
    if (this.#flushTimer !== undefined && (isBookmark || this.#hasCommit)) return
    this.#hasCommit ||= !isBookmark
    this.#flushTimer?.cancel()
    const restMs = this.#lastFlushAt + joinMs - this.#clock.elapsed()
    const delayMs = this.#hasCommit ? Math.max(0, restMs) : bookmarkMs
    this.#flushTimer = this.#clock.after(delayMs, () => this.#flush(), { background: true })
  }

  #flush(): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    const messages = this.#pending
    const last = messages.at(-1)
    if (last === undefined) return
    const portion = toPortion(revisionOf(this.#cursor), messages, last.cursor)
    this.#pending = []
    this.#pendingBytes = 0
    this.#hasCommit = false
    this.#cursor = last.cursor
    this.#lastFlushAt = this.#clock.elapsed()
    this.#keep(portion)
    for (const client of [...this.#live]) client.onPortion(portion)
  }

  #keep(portion: Portion): void {
    this.#portions.push(portion)
    this.#portionBytes += portion.bytes.byteLength
    const most = this.#keptBytes()
    while (this.#portionBytes > most && this.#portions.length > 1) this.#portionBytes -= this.#portions.shift()?.bytes.byteLength ?? 0
  }

  #beat(): void {
    this.#heartbeat ??= this.#clock.after(
      heartbeatMs,
      () => {
        this.#heartbeat = undefined
        const bytes = Buffer.from(bookmarkText(this.#cursor, this.#clock.now()))
        for (const client of [...this.#live]) client.onHeartbeat(bytes)
        if (this.#live.size > 0) this.#beat()
      },
      { background: true },
    )
  }

  #lose(): void {
    this.#forget(this.#cursor)
    const live = [...this.#live]
    this.#live.clear()
    this.#stop()
    for (const client of live) client.onLost()
  }

  #forget(cursor: string): void {
    this.#portions = []
    this.#portionBytes = 0
    this.#pending = []
    this.#pendingBytes = 0
    this.#hasCommit = false
    this.#cursor = cursor
  }

  #stop(): void {
    this.#following?.abort()
    this.#following = undefined
    this.#flush()
    this.#portions = []
    this.#portionBytes = 0
    this.#heartbeat?.cancel()
    this.#heartbeat = undefined
  }
}

/** A message that moves a client's place, and tells the server's time. */
export function bookmarkText(cursor: string, now: number): string {
  return eventText('bookmark', cursor, String(now))
}

function toPortion(from: number, messages: readonly Message[], cursor: string): Portion {
  const bytes = Buffer.from(messages.map(({ text }) => text).join(''))
  return {
    from,
    cursor,
    to: revisionOf(cursor),
    bytes,
    after(revision) {
      if (revision <= from) return bytes
      const left = messages.filter((message) => revisionOf(message.cursor) > revision)
      return Buffer.from(left.map(({ text }) => text).join(''))
    },
  }
}
