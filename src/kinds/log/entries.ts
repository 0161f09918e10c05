/** The entries of one log: reading, appending, trimming. */
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { Ledger } from '../../engine/ledger.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import type { LogEntry } from '../../state/entry.ts'
import type { LogRetention } from '../../state/log-kind.ts'
import { fromStoredText, isDistinct } from '../../state/value.ts'
import { Lengths } from './lengths.ts'
import { entryCrc } from './tables.ts'

/** Which entries to read, in range and order already. */
export interface EntryQuery {
  readonly stream: string | undefined
  /** Entries with a greater number. */
  readonly after: number
  /** Entries with a smaller number. */
  readonly before: number
  readonly limit: number
  /** Which end of that range: its newest entries, or its oldest. */
  readonly newest: boolean
}

export interface EntriesOptions {
  readonly id: number
  readonly name: string
  readonly retention: LogRetention
  readonly ledger: Ledger
  readonly onUndecodable: (kind: string, key: string) => void
}

/** A trim that was made: entries of `stream` (null: of every stream) up to `through` are gone. */
export interface Trim {
  readonly stream: string | null
  readonly through: number
}

export class Entries {
  readonly #options: EntriesOptions
  #statements: ReturnType<typeof prepareAll> | undefined
  /** Number of the newest entry; undefined when not known. */
  #last: number | undefined
  readonly #lengths = new Lengths((stream) => this.count(stream))
  #seenIn = -1

  constructor(options: EntriesOptions) {
    this.#options = options
  }

  attach(connection: Connection | undefined): void {
    this.#statements = connection === undefined ? undefined : prepareAll(connection, this.#options.id)
    this.forget()
  }

  /** Drops what is remembered of the table, after a rollback or when others wrote. */
  forget(): void {
    this.#last = undefined
    this.#lengths.forget()
  }

  /** Entries in ascending order. A damaged one is skipped and reported. */
  read({ stream, after, before, limit, newest }: EntryQuery): readonly LogEntry[] {
    const statements = this.#statements
    if (statements === undefined || !isDistinct(stream ?? '')) return Object.freeze([])
    const edge = newest ? 'newest' : 'oldest'
    const rows =
      stream === undefined ? statements[edge].all(after, before, limit) : statements[`${edge}Of`].all(stream, after, before, limit)
    if (newest) rows.reverse()
    const entries: LogEntry[] = []
    for (const [seq, inStream, text, revision, at] of rows) {
      const value = this.#parse(seq as number, text as string)
      if (value === undefined) continue
      entries.push(Object.freeze({ seq: seq as number, stream: inStream as string, value, revision: revision as number, at: at as number }))
    }
    return Object.freeze(entries)
  }

  count(stream: string | undefined): number {
    if (!isDistinct(stream ?? '')) return 0
    const row = stream === undefined ? this.#statements?.count.get() : this.#statements?.countOf.get(stream)
    return Number(row?.[0] ?? 0)
  }

  /** Appends and answers the entry's number. */
  append({ revision, at }: CommitContext, stream: string, text: string): number {
    this.#refresh()
    const statements = this.#statements
    const seq = (this.#last ?? 0) + 1
    statements?.insert.execute(seq, stream, text, revision, at, entryCrc(this.#options.id, { seq, stream, revision, text }))
    this.#last = seq
    return seq
  }

  /** The running commit, which appended the newest `count` entries, has got a later revision. */
  restamp(count: number, { revision }: CommitContext): void {
    const statements = this.#statements
    for (const [seq, stream, text] of statements?.newest.all(-1, Number.MAX_SAFE_INTEGER, count) ?? []) {
      const row = { seq: seq as number, stream: stream as string, revision, text: text as string }
      statements?.restamp.execute(revision, entryCrc(this.#options.id, row), seq as number)
    }
  }

  /** Appends of a commit were rolled back: so many to each stream. */
  undo(appended: ReadonlyMap<string, number>): void {
    for (const [stream, count] of appended) {
      this.#lengths.noteUndone(stream, count)
      if (this.#last !== undefined) this.#last -= count
    }
  }

  /**
   * Trims what retention no longer keeps, after an append to `stream`. In steps of an eighth of what is kept, so that the
   * cost of an append does not depend on how much is kept.
   */
  trim(stream: string): Trim[] {
    const { entries, entriesPerStream } = this.#options.retention
    const trims: Trim[] = []
    if (entriesPerStream !== undefined && this.#lengths.growStream(stream) > withSlack(entriesPerStream)) {
      const through = this.#trimStream(stream, entriesPerStream)
      if (through !== undefined) trims.push({ stream, through })
    }
    if (entries !== undefined && this.#lengths.growTotal() > withSlack(entries)) {
      const through = this.#trimAll(entries)
      if (through !== undefined) trims.push({ stream: null, through })
    }
    return trims
  }

  #trimStream(stream: string, kept: number): number | undefined {
    const row = this.#statements?.nthNewestOf.get(stream, kept)
    this.#lengths.setStream(stream, row === undefined ? this.count(stream) : kept)
    if (row === undefined) return undefined
    const through = Number(row[0])
    this.#lengths.shrinkTotal(this.#statements?.trimOf.run(stream, through) ?? 0)
    return through
  }

  #trimAll(kept: number): number | undefined {
    const row = this.#statements?.nthNewest.get(kept)
    this.#lengths.setTotal(row === undefined ? this.count(undefined) : kept)
    if (row === undefined) return undefined
    this.#statements?.trim.run(row[0] as number)
    this.#lengths.forgetStreams()
    return Number(row[0])
  }

  /** Learns how far others have come, when they have written. */
  #refresh(): void {
    const { generation } = this.#options.ledger
    if (this.#seenIn === generation && this.#last !== undefined) return
    this.#seenIn = generation
    const last = Number(this.#statements?.last.get()?.[0] ?? 0)
    if (this.#last === undefined || last < this.#last) this.#lengths.forget()
    else this.#lengths.noteForeign(last - this.#last)
    this.#last = last
  }

  #parse(seq: number, text: string): unknown {
    try {
      return fromStoredText(text)
    } catch {
      this.#options.onUndecodable(this.#options.name, String(seq))
      return undefined
    }
  }
}

function withSlack(kept: number): number {
  return kept + Math.floor(kept / 8)
}

function prepareAll(connection: Connection, id: number): Record<StatementName, Statement> {
  const columns = `SELECT seq, stream, value, revision, at FROM k${id}`
  const range = 'seq > ? AND seq < ? ORDER BY seq'
  const sql: Record<StatementName, string> = {
    oldest: `${columns} WHERE ${range} ${boundLimit}`,
    newest: `${columns} WHERE ${range} DESC ${boundLimit}`,
    oldestOf: `${columns} WHERE stream = ? AND ${range} ${boundLimit}`,
    newestOf: `${columns} WHERE stream = ? AND ${range} DESC ${boundLimit}`,
    count: `SELECT count(*) FROM k${id}`,
    countOf: `SELECT count(*) FROM k${id} WHERE stream = ?`,
    last: `SELECT max(seq) FROM k${id}`,
    insert: `INSERT INTO k${id} (seq, stream, value, revision, at, crc) VALUES (?, ?, ?, ?, ?, ?)`,
    restamp: `UPDATE k${id} SET revision = ?, crc = ? WHERE seq = ?`,
    nthNewest: `SELECT seq FROM k${id} ORDER BY seq DESC LIMIT 1 OFFSET ?`,
    nthNewestOf: `SELECT seq FROM k${id} WHERE stream = ? ORDER BY seq DESC LIMIT 1 OFFSET ?`,
    trim: `DELETE FROM k${id} WHERE seq <= ?`,
    trimOf: `DELETE FROM k${id} WHERE stream = ? AND seq <= ?`,
  }
  const entries = Object.entries(sql).map(([name, text]) => [name, connection.prepare(text)])
  return Object.fromEntries(entries) as Record<StatementName, Statement>
}

type StatementName =
  | 'oldest'
  | 'newest'
  | 'oldestOf'
  | 'newestOf'
  | 'count'
  | 'countOf'
  | 'last'
  | 'insert'
  | 'restamp'
  | 'nthNewest'
  | 'nthNewestOf'
  | 'trim'
  | 'trimOf'
