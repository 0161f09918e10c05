/**
 * A store as its file has it, read by nothing but SQLite: the verifier knows the tables and none of the code that writes them.
 *
 * One read transaction on a read-only connection, so the store may be written meanwhile. This runs in processes that never
 * have the store open: a second connection here cannot drop anybody's locks.
 */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

export interface RawCommit {
  readonly revision: number
  readonly chain: string
  readonly at: number
  readonly instance: string
  readonly counter: number
  readonly actor: string | null
  readonly label: string | null
  readonly position: number
  /** JSON text. */
  readonly changes: string
}

export interface RawRequest {
  readonly actor: string
  readonly id: string
  readonly revision: number
  readonly changed: number
}

/** A row of a kind's table: a record, or an entry of a log, whose key is its number. */
export interface RawRow {
  readonly key: string | number
  /** Stream of an entry; undefined for a record. */
  readonly stream: string | undefined
  readonly text: string
  readonly revision: number
  readonly at: number
  readonly crc: number
  /** Cells of index fields and of the ties of unique indexes, by column name. */
  readonly cells: ReadonlyMap<string, SQLOutputValue>
}

export interface KindDescription {
  readonly type: 'document' | 'collection' | 'log'
  readonly feed: string
  readonly retention?: { readonly entries?: number; readonly entriesPerStream?: number }
  readonly layout?: {
    readonly fields: readonly string[]
    readonly indexes: readonly { readonly fields: readonly string[]; readonly unique: boolean; readonly number: number }[]
  }
}

export interface RawKind {
  readonly id: number
  readonly name: string
  readonly description: KindDescription
  readonly rows: readonly RawRow[]
}

export interface RawStore {
  readonly meta: ReadonlyMap<string, SQLOutputValue>
  readonly kinds: readonly RawKind[]
  /** Ascending. */
  readonly commits: readonly RawCommit[]
  readonly requests: readonly RawRequest[]
  readonly migrations: readonly { readonly version: number; readonly revision: number }[]
  /** What SQLite itself finds wrong. */
  readonly structure: readonly string[]
}

/** @param waitMs how long to wait for a process that recovers or empties the log */
export function readStore(file: string, waitMs = 10_000): RawStore {
  const database = new DatabaseSync(file, { readOnly: true, timeout: waitMs })
  try {
    database.exec('BEGIN')
    const meta = new Map(all(database, 'SELECT name, value FROM hf_meta').map(([name, value]) => [String(name), value as SQLOutputValue]))
    const kinds = all(database, 'SELECT id, name, description FROM hf_kind ORDER BY id').map(([id, name, description]) =>
      readKind(database, Number(id), String(name), JSON.parse(String(description)) as KindDescription),
    )
    return {
      meta,
      kinds,
      commits: objects<RawCommit>(
        database,
        'SELECT revision, chain, at, instance, counter, actor, label, position, changes FROM hf_commit ORDER BY revision',
      ),
      requests: objects<RawRequest>(database, 'SELECT actor, id, revision, changed FROM hf_request'),
      migrations: objects(database, 'SELECT version, revision FROM hf_migration ORDER BY version'),
      structure: findStructuralDamage(database),
    }
  } finally {
    database.close()
  }
}

function readKind(database: DatabaseSync, id: number, name: string, description: KindDescription): RawKind {
  const rows = database.prepare(`SELECT * FROM k${id}`).all()
  return { id, name, description, rows: rows.map(toRow) }
}

function toRow(row: Record<string, SQLOutputValue>): RawRow {
  const { key, seq, stream, value, revision, at, crc, ...others } = row
  return {
    key: typeof seq === 'number' ? seq : String(key),
    stream: typeof stream === 'string' ? stream : undefined,
    text: String(value),
    revision: Number(revision),
    at: Number(at),
    crc: Number(crc),
    cells: new Map(Object.entries(others).filter(([column]) => /^[fu]\d+$/.test(column))),
  }
}

function findStructuralDamage(database: DatabaseSync): string[] {
  const integrity = all(database, 'PRAGMA integrity_check').map(([line]) => String(line))
  const foreign = all(database, 'PRAGMA foreign_key_check').map((row) => `foreign key: ${row.join(' ')}`)
  return [...integrity.filter((line) => line !== 'ok').map((line) => `integrity: ${line}`), ...foreign]
}

function all(database: DatabaseSync, sql: string): SQLOutputValue[][] {
  const statement = database.prepare(sql)
  statement.setReturnArrays(true)
  return statement.all() as unknown as SQLOutputValue[][]
}

function objects<Shape>(database: DatabaseSync, sql: string): Shape[] {
  return database.prepare(sql).all() as unknown as Shape[]
}
