/**
 * A replica's request for the feed, which waits or leads.
 *
 *   waiting ──has the lock──▶ leading ──answered, failed, given up, or the lock taken──▶ over
 *      └──── the one that leads has failed, or nothing is heard: given up ──────────────▶ over
 *
 * It is told one text without a gap throughout: by the others, by the server where something was missed, and then by its own request.
 */
import { cursorHeader, type FeedRequest, queryText } from '../../protocol/requests.ts'
import { eventText } from '../../protocol/sse.ts'
import { readError, type ReplicaErrorOptions, toReplicaError } from '../replica-error.ts'
import { type AnswerHeaders, transportHeader, type Wire, type WireOptions } from '../sync/wire.ts'
import { bookmarkText, isAhead, placeMessage, type TabMessage } from './tab-channel.ts'

export interface SharedRequestParts {
  /** Carries the request when it leads. */
  readonly through: Wire
  /** For what was missed. */
  readonly wire: Wire
  /** To the other tabs. */
  readonly post: (message: TabMessage) => void
  /** Whether a stream is asked for; else the answer to a poll that waits. */
  readonly isStream: boolean
  readonly asked: FeedRequest
  readonly options: WireOptions
  /** The one that leads was heard. */
  readonly onHeard: () => void
}

export class SharedRequest {
  isLeading = false
  isOver = false
  readonly #parts: SharedRequestParts
  readonly #answer = Promise.withResolvers<AnswerHeaders>()
  /** Up to where it has told the replica. */
  #at: string
  /** Whether the server has accepted its own request. */
  #isOpen = false
  /** Messages are taken one after the other, also where the server has to be asked in between. */
  #taking = Promise.resolve()

  constructor(parts: SharedRequestParts) {
    const { asked, options } = parts
    this.#parts = parts
    this.#at = asked.after ?? ''
    options.signal.addEventListener('abort', () => this.fail(options.signal.reason))
  }

  /** @returns rejects as a `Wire` does */
  get answer(): Promise<AnswerHeaders> {
    return this.#answer.promise
  }

  fail(error: unknown): void {
    this.isOver = true
    this.#answer.reject(error)
  }

  /** Takes what another tab has posted. */
  take(message: TabMessage): void {
    if (typeof message !== 'string') {
      this.#taking = this.#taking.then(() => this.#hear(message)).catch((error: unknown) => this.fail(error))
    } else if (this.#isOpen) {
      if (message === '') this.#parts.post(placeMessage(this.#at))
    } else if (message !== '') {
      this.fail(readError(message, JSON.parse(message) as ReplicaErrorOptions))
    }
  }

  /** Asks the server itself, from where it is. @returns rejects when the request fails */
  async lead(): Promise<void> {
    if (this.isLeading || this.isOver) return
    this.isLeading = true
    await this.#taking
    try {
      this.#answer.resolve(await (this.#parts.isStream ? this.#stream() : this.#poll()))
    } catch (error) {
      this.#tellFailure(error as Error)
      throw error
    }
  }

  /**
   * Those that wait are not live either; unless another tab has taken the lead, or this one is closed, or its cursor is of no use any more,
   * which says nothing of theirs.
   */
  #tellFailure(error: Error): void {
    const known = toReplicaError(error)
    if (error.name !== 'AbortError' && !/^REPLICA_CLOSED|^CURSOR_/.test(known.code))
      this.#parts.post(JSON.stringify({ ...known.toJSON(), status: known.status }))
  }

  async #hear([from, to, text]: Exclude<TabMessage, string>): Promise<void> {
    if (this.isLeading || this.isOver) return
    const { onHeard, options, isStream } = this.#parts
    onHeard()
    options.onActivity()
    if (!isStream) {
      this.isOver = true
      // Where there is nothing new, the others know as well as the server.
      return this.#answer.resolve(isAhead(to, this.#at) ? this.#changes(options) : new Headers({ [cursorHeader]: this.#at }))
    }
    // A cursor names what its session may see as well: where it is not the very same, the server says what there is for this tab.
    const isNext = from === this.#at
    if (!isNext) await this.#levelUp(to)
    if (this.isLeading || this.isOver) return
    options.onOpen?.(new Headers({ 'content-type': 'text/event-stream', [transportHeader]: 'shared' }))
    if (isNext) this.#tell(text, to)
  }

  /** Asks the server for what is missing up to a cursor, until it has no more. */
  async #levelUp(to: string): Promise<void> {
    for (let before = ''; isAhead(to, this.#at) && before !== this.#at;) {
      before = this.#at
      const headers = await this.#changes({ ...this.#parts.options, onOpen: () => undefined, onLine: (line) => this.#tellLine(line) })
      const cursor = headers.get(cursorHeader)
      if (cursor !== null) this.#tell(bookmarkText(cursor), cursor)
    }
  }

  /** Tells a line of a poll, `["cursor",at,…]`, as a message of the stream. */
  #tellLine(line: string): void {
    if (line === '') return
    const cursor = line.slice(2, line.indexOf('"', 2))
    this.#tell(eventText(undefined, cursor, `[${line.slice(cursor.length + 4)}`), cursor)
  }

  #tell(text: string, to: string): void {
    text.split('\n').forEach(this.#parts.options.onLine)
    this.#at = to
  }

  #changes(options: WireOptions): Promise<AnswerHeaders> {
    return this.#parts.wire(`changes?${queryText({ ...this.#parts.asked, after: this.#at, waitMs: 0 })}`, options)
  }

  /** Each message is posted once the replica has taken it. */
  #stream(): Promise<AnswerHeaders> {
    const { through, post, asked, options } = this.#parts
    let text = ''
    let id: string | undefined
    const onOpen = (headers?: AnswerHeaders): void => {
      options.onOpen?.(headers)
      this.#isOpen = true
      post(placeMessage(this.#at))
    }
    const onLine = (line: string): void => {
      options.onLine(line)
      text += `${line}\n`
      if (line.startsWith('id: ')) id = line.slice(4)
      if (line !== '') return
      if (id !== undefined) post([this.#at, id, text])
      this.#at = id ?? this.#at
      text = ''
      id = undefined
    }
    return through(`feed?${queryText({ ...asked, after: this.#at })}`, { ...options, onOpen, onLine })
  }

  async #poll(): Promise<AnswerHeaders> {
    const { through, post, asked, options } = this.#parts
    const headers = await through(`changes?${queryText({ ...asked })}`, options)
    post(placeMessage(headers.get(cursorHeader) ?? this.#at))
    return headers
  }
}
