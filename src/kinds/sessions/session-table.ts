/** Statements on the table of sessions, beside those of its records. */
import type { Connection, Row, Statement } from '../../sqlite/driver.ts'
import { type CollectionLayout, indexName } from '../collection/tables.ts'

/** A row as it is found by a hash. */
export interface FoundSession {
  readonly key: string
  readonly text: string
  readonly revision: number
  readonly at: number
  readonly used: number
}

interface Statements {
  readonly byHash: Statement
  readonly byOldHash: Statement
  readonly byHashStart: Statement
  readonly byOldHashStart: Statement
  readonly used: Statement
  readonly keysOf: Statement
  readonly keys: Statement
  readonly over: Statement
  readonly isOver: Statement
  readonly next: Statement
  readonly use: Statement
}

/** How far ahead of now a use may have been noted before the clock is taken to have been set back, ms. */
const aheadMs = 60_000

export class SessionTable {
  readonly #id: number
  #statements: Statements | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined, layout: CollectionLayout): void {
    this.#statements = connection && prepare(connection, this.#id, layout)
  }

  /** The session of which this is the hash of the token, or of the token before. */
  find(hash: string): FoundSession | undefined {
    const row = this.#statements?.byHash.get(hash) ?? this.#statements?.byOldHash.get(hash)
    return row && toFound(row)
  }

  /** The session of which the hash of the token, or of the token before, begins like this. */
  findByStart(start: string): FoundSession | undefined {
    // After every hash that begins so: the characters of base64url are before it.
    const end = `${start}~`
    const row = this.#statements?.byHashStart.get(start, end) ?? this.#statements?.byOldHashStart.get(start, end)
    return row && toFound(row)
  }

  /** When a session was last used, as far as it is written. */
  usedAt(key: string): number {
    return Number(this.#statements?.used.get(key)?.[0] ?? 0)
  }

  keysOf(user: string): readonly string[] {
    return (this.#statements?.keysOf.all(user) ?? []).map(([key]) => String(key))
  }

  keys(): readonly string[] {
    return (this.#statements?.keys.all() ?? []).map(([key]) => String(key))
  }

  /** Some sessions that are over: past their end, or not used since `idleSince`. */
  over(now: number, idleSince: number, limit: number): readonly string[] {
    return (this.#statements?.over.all(now, idleSince, limit) ?? []).map(([key]) => String(key))
  }

  isOver(key: string, now: number, idleSince: number): boolean {
    return this.#statements?.isOver.get(key, now, idleSince) !== undefined
  }

  /** When the next one will be over, if none is used before; undefined when there is none. */
  nextEnd(idleMs: number): number | undefined {
    const [end, used] = this.#statements?.next.get() ?? []
    return typeof end === 'number' && typeof used === 'number' ? Math.min(end, used + idleMs) : undefined
  }

  /** Writes when a session was used. A time far ahead was noted by a clock that was wrong. */
  noteUse(key: string, at: number): void {
    this.#statements?.use.run(at + aheadMs, at, at, key)
  }
}

function toFound([key, text, revision, at, used]: Row): FoundSession {
  return { key: String(key), text: String(text), revision: Number(revision), at: Number(at), used: Number(used) }
}

function prepare(connection: Connection, id: number, layout: CollectionLayout): Statements {
  const table = `k${id}`
  const column = (field: string): string => `f${layout.fields.indexOf(field)}`
  const from = (name: string): string => {
    const index = layout.indexes.find((stored) => stored.name === name)
    return index === undefined ? table : `${table} INDEXED BY ${indexName(id, index)}`
  }
  const row = 'key, value, revision, at, used'
  const end = column('endsAt')
  return {
    byHash: connection.prepare(`SELECT ${row} FROM ${from('byHash')} WHERE ${column('hash')} = ?`),
    byOldHash: connection.prepare(`SELECT ${row} FROM ${from('byOldHash')} WHERE ${column('oldHash')} = ?`),
    byHashStart: connection.prepare(`SELECT ${row} FROM ${from('byHash')} WHERE ${column('hash')} >= ? AND ${column('hash')} < ?`),
    byOldHashStart: connection.prepare(
      `SELECT ${row} FROM ${from('byOldHash')} WHERE ${column('oldHash')} >= ? AND ${column('oldHash')} < ?`,
    ),
    used: connection.prepare(`SELECT used FROM ${table} WHERE key = ?`),
    keysOf: connection.prepare(`SELECT key FROM ${from('byUser')} WHERE ${column('user')} = ?`),
    keys: connection.prepare(`SELECT key FROM ${table}`),
    over: connection.prepare(
      `SELECT key FROM ${from('byEnd')} WHERE ${end} <= ? UNION SELECT key FROM ${table} INDEXED BY ${table}_used WHERE used <= ? LIMIT ?`,
    ),
    isOver: connection.prepare(`SELECT 1 FROM ${table} WHERE key = ? AND (${end} <= ? OR used <= ?)`),
    next: connection.prepare(`SELECT (SELECT min(${end}) FROM ${table}), (SELECT min(used) FROM ${table})`),
    use: connection.prepare(`UPDATE ${table} SET used = iif(used > ?, ?, max(used, ?)) WHERE key = ?`),
  }
}
