/** A wire whose every answer is given by the test. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReplicaError } from '../../src/client/replica-error.ts'
import type { Wire, WireOptions } from '../../src/client/sync/wire.ts'
import { type EncodableCommit, encodeCommit, toCommitLine } from '../../src/protocol/commit-text.ts'
import {
  type CallAnswer,
  type CallBody,
  type DetailAnswer,
  type FeedRequest,
  type PageAnswer,
  readFeedQuery,
} from '../../src/protocol/requests.ts'
import { endLine, headerLine, kindLine } from '../../src/protocol/snapshot-text.ts'
import { type EventName, eventText } from '../../src/protocol/sse.ts'
import type { KindDescription } from '../../src/state/description.ts'

/** A message of the feed; a commit has no name. */
export interface FeedEvent {
  readonly event?: EventName
  readonly id?: string
  readonly data: string
}

/** An answer to a poll: lines of commits, and where to go on from. */
export interface ChangesAnswer {
  readonly text: string
  readonly cursor: string | undefined
}

/** A request that waits for its answer. */
export interface Asked<Subject, Answer> {
  readonly subject: Subject
  readonly options: WireOptions
  answer(answer: Answer): void
  refuse(error: unknown): void
}

/** What a stream brings, when the test says so; it breaks when its request is aborted. */
export class Channel<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = []
  #wake = Promise.withResolvers<void>()
  #end: { readonly error: Error | undefined } | undefined

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.fail(signal.reason as Error))
  }

  send(...items: Item[]): void {
    this.#items.push(...items)
    this.#wake.resolve()
  }

  end(): void {
    this.#end ??= { error: undefined }
    this.#wake.resolve()
  }

  fail(error: Error): void {
    this.#end ??= { error }
    this.#wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift() as Item
      if (this.#end?.error !== undefined) throw this.#end.error
      if (this.#end !== undefined) return
      await this.#wake.promise
      this.#wake = Promise.withResolvers<void>()
    }
  }
}

/** Requests of one sort, in order. */
class Queue<Subject, Answer> {
  readonly all: Asked<Subject, Answer>[] = []
  #taken = 0

  ask(subject: Subject, options: WireOptions): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const abort = (): void => reject(options.signal.reason as Error)
    options.signal.addEventListener('abort', abort)
    if (options.signal.aborted) abort()
    this.all.push({ subject, options, answer: resolve, refuse: reject })
    return promise
  }

  /** The next request; fails when there is none after some turns. */
  async next(): Promise<Asked<Subject, Answer>> {
    for (let turns = 0; turns < 20; turns += 1) {
      const asked = this.all[this.#taken]
      if (asked !== undefined) {
        this.#taken += 1
        return asked
      }
      await nextTurn()
    }
    throw new Error(`Nothing was asked beyond ${this.#taken} requests.`)
  }

  get waiting(): number {
    return this.all.length - this.#taken
  }
}

export class ScriptedWire {
  readonly snapshots = new Queue<FeedRequest, AsyncIterable<string>>()
  readonly feeds = new Queue<FeedRequest, AsyncIterable<FeedEvent>>()
  readonly polls = new Queue<FeedRequest, ChangesAnswer>()
  readonly calls = new Queue<{ readonly name: string; readonly body: CallBody }, CallAnswer>()
  readonly pages = new Queue<{ readonly kind: string; readonly query: object }, PageAnswer>()
  readonly details = new Queue<{ readonly kind: string; readonly key: string }, DetailAnswer>()

  /** What the replica asks by. */
  readonly ask: Wire = async (address, options, body) => {
    const { pathname, searchParams } = new URL(address, 'http://scripted/')
    const request = readFeedQuery(searchParams)
    const kind = searchParams.get('kind') ?? ''
    switch (pathname) {
      case '/snapshot':
        return tell(await this.snapshots.ask(request, options), options)
      case '/feed':
        return tell(framed(await this.feeds.ask(request, options)), options, { 'content-type': 'text/event-stream' })
      case '/changes': {
        const { text, cursor: at } = await this.polls.ask(request, options)
        return tell([text], options, at === undefined ? {} : { 'holdfast-cursor': at })
      }
      case '/page':
        return whole(await this.pages.ask({ kind, query: JSON.parse(searchParams.get('query') ?? '') as object }, options), options)
      case '/detail':
        return whole(await this.details.ask({ kind, key: searchParams.get('key') ?? '' }, options), options)
      default:
        return whole(await this.calls.ask({ name: pathname.slice('/call/'.length), body: body as CallBody }, options), options)
    }
  }

  /** Answers the next snapshot request, whole. */
  async serveSnapshot(text: string): Promise<void> {
    const asked = await this.snapshots.next()
    const channel = new Channel<string>(asked.options.signal)
    asked.answer(channel)
    channel.send(text)
    channel.end()
    await settle()
  }

  /** Opens the next stream that is asked for. */
  async openFeed(): Promise<Channel<FeedEvent> & { readonly after: string | undefined }> {
    const asked = await this.feeds.next()
    const channel = new Channel<FeedEvent>(asked.options.signal)
    asked.answer(channel)
    await settle()
    return Object.assign(channel, { after: asked.subject.after })
  }
}

/** Tells text that comes in pieces as the lines of an answer. */
async function tell(
  pieces: AsyncIterable<string> | Iterable<string>,
  options: WireOptions,
  fields: Record<string, string> = {},
): Promise<Headers> {
  const { onActivity, onOpen, onLine } = options
  const headers = new Headers(fields)
  let rest = ''
  onActivity()
  onOpen?.(headers)
  for await (const piece of pieces) {
    onActivity()
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  }
  onLine(rest)
  return headers
}

function whole(answer: unknown, options: WireOptions): Promise<Headers> {
  return tell([JSON.stringify(answer)], options)
}

async function* framed(events: AsyncIterable<FeedEvent>): AsyncGenerator<string, void, void> {
  for await (const { event, id, data } of events) yield eventText(event, id, data)
}

/** Lets everything happen that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await nextTurn()
}

/** What has become of a promise, once everything that can happen has. */
export async function outcomeByNow(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending'
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  await settle()
  return outcome
}

export function cursor(revision: number, epoch = 'epoch-aa'): string {
  return `${epoch}.${revision.toString(36)}.check-${revision.toString(36).padStart(2, '0')}`
}

export const kinds: { readonly [kind: string]: KindDescription } = {
  title: { type: 'document', feed: 'value' },
  hosts: { type: 'collection', feed: 'value', key: 'address', indexes: { byStatus: { fields: ['status'], unique: false } } },
  lines: { type: 'log', feed: 'value', retention: {} },
}

export interface SnapshotParts {
  readonly revision: number
  readonly epoch?: string
  readonly state?: { readonly name: string; readonly version: number }
  readonly items?: { readonly [kind: string]: readonly (readonly unknown[])[] }
}

/** A snapshot of the kinds above. */
export function snapshotText({ revision, epoch, state = { name: 'sample', version: 1 }, items = {} }: SnapshotParts): string {
  const lines = [headerLine({ holdfast: 1, state, cursor: cursor(revision, epoch), kinds })]
  let total = 0
  for (const [kind, all] of Object.entries(items)) {
    lines.push(kindLine(kind, all.length), ...all.map((item) => `${JSON.stringify(item)}\n`))
    total += all.length
  }
  return [...lines, endLine(total)].join('')
}

/** A commit as a message of the feed. */
export function commitEvent(revision: number, changes: EncodableCommit['changes'], epoch?: string): FeedEvent {
  return { id: cursor(revision, epoch), data: encodeCommit({ at: revision * 1000, actor: undefined, label: undefined, changes }) }
}

/** A commit as a line of a poll. */
export function pollLine(revision: number, changes: EncodableCommit['changes']): string {
  return toCommitLine(cursor(revision), commitEvent(revision, changes).data)
}

export function setTitle(value: string): EncodableCommit['changes'][number] {
  return { kind: 'title', op: 'put', key: '', value }
}

export function putHost(address: string, status: string): EncodableCommit['changes'][number] {
  return { kind: 'hosts', op: 'put', key: address, value: { address, status } }
}

export function refusal(code: string, status: number): ReplicaError {
  return new ReplicaError(code, `${code}.`, {}, { status })
}
