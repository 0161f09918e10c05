/**
 * Reads that the server answers: pages and single records of what is too large to hold, kept until a commit changes them.
 *
 * Of a kind that is followed, a page holds until a commit changes the kind, and a record until one changes the record. Of another kind
 * nobody tells, so an answer holds until the replica moves on at all.
 */
import { type ReplicaChange, revisionOf } from '../protocol/commit-text.ts'
import type { LogEntry } from '../state/entry.ts'
import type { Page } from '../state/query.ts'
import { replicaClosed, toReplicaError } from './replica-error.ts'
import type { Move } from './sync/held-state.ts'
import type { Wire, WireOptions } from './sync/wire.ts'

/** A page as the server has it, and the cursor at which it has it so. */
export interface ServerPage<Item> extends Page<Item> {
  readonly cursor: string
}

/** Answers of a kind that are kept, at most. */
const mostPages = 50
const mostRecords = 1000

interface Answer {
  readonly value: Promise<unknown>
  /** The revision it was read at; -1 while it is under way. */
  revision: number
}

class Answers {
  readonly pages = new Map<string, Answer>()
  readonly records = new Map<string, Answer>()
}

export interface ServerReadsParts {
  readonly wire: Wire
  readonly closed: AbortSignal
  /** Whether commits that change a kind reach the replica. */
  readonly isFollowed: (kind: string) => boolean
}

export class ServerReads {
  readonly #parts: ServerReadsParts
  readonly #answers = new Map<string, Answers>()

  constructor(parts: ServerReadsParts) {
    this.#parts = parts
  }

  /** @throws ReplicaError with the server's code · UNREACHABLE · REPLICA_CLOSED */
  page(kind: string, query: object = {}): Promise<ServerPage<unknown>> {
    const read = async (options: WireOptions): Promise<{ value: unknown; cursor: string }> => {
      const { cursor, items, next } = await this.#parts.wire.page(kind, query, options)
      return { value: Object.freeze({ items: Object.freeze(items.map(toItem)), next: next ?? undefined, cursor }), cursor }
    }
    const { pages } = this.#of(kind)
    return keep(pages, JSON.stringify(query), mostPages, () => this.#ask(read)) as Promise<ServerPage<unknown>>
  }

  /** The value of a record or document; undefined when there is none. @throws ReplicaError, as `page` */
  fetch(kind: string, key: string): Promise<unknown> {
    const read = async (options: WireOptions): Promise<{ value: unknown; cursor: string }> => {
      const { cursor, item } = await this.#parts.wire.detail(kind, key, options)
      return { value: item?.[3], cursor }
    }
    return keep(this.#of(kind).records, key, mostRecords, () => this.#ask(read))
  }

  /** The replica has moved on to a revision: lets go of what may have changed. */
  move(move: Move, revision: number): void {
    if (move === 'snapshot') return this.#answers.clear()
    if (move !== 'bookmark') for (const change of move.changes) this.#change(change, revision)
    for (const [kind, { pages, records }] of this.#answers) {
      if (this.#parts.isFollowed(kind)) continue
      drop(pages, revision)
      drop(records, revision)
    }
  }

  #change(change: ReplicaChange, revision: number): void {
    const answers = this.#answers.get(change.kind)
    if (answers === undefined) return
    drop(answers.pages, revision)
    const record = 'key' in change ? answers.records.get(change.key) : undefined
    if (record !== undefined && 'key' in change && record.revision < revision) answers.records.delete(change.key)
  }

  #of(kind: string): Answers {
    const answers = this.#answers.get(kind) ?? new Answers()
    this.#answers.set(kind, answers)
    return answers
  }

  async #ask(read: (options: WireOptions) => Promise<{ value: unknown; cursor: string }>): Promise<{ value: unknown; cursor: string }> {
    const { closed } = this.#parts
    if (closed.aborted) throw replicaClosed()
    try {
      return await read({ signal: closed, onActivity: () => undefined })
    } catch (error) {
      throw closed.aborted ? replicaClosed() : toReplicaError(error)
    }
  }
}

/** The answer that is there, or a new one; a failed one is not kept. */
function keep(
  answers: Map<string, Answer>,
  name: string,
  most: number,
  ask: () => Promise<{ value: unknown; cursor: string }>,
): Promise<unknown> {
  const known = answers.get(name)
  if (known !== undefined) return known.value
  const asked = ask()
  const answer: Answer = { value: asked.then(({ value }) => value), revision: -1 }
  answers.set(name, answer)
  const [oldest] = answers.keys()
  if (answers.size > most && oldest !== undefined) answers.delete(oldest)
  asked.then(
    ({ cursor }) => {
      answer.revision = revisionOf(cursor)
    },
    () => {
      if (answers.get(name) === answer) answers.delete(name)
    },
  )
  return answer.value
}

function drop(answers: Map<string, Answer>, revision: number): void {
  for (const [name, answer] of answers) if (answer.revision < revision) answers.delete(name)
}

/** A record's value, or an entry of a log. */
function toItem(item: readonly unknown[]): unknown {
  if (item.length === 4) return item[3]
  const [seq, stream, revision, at, value] = item
  return Object.freeze({ seq, stream, value, revision, at } as LogEntry)
}
