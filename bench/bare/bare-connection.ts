/** A connection of the driver itself, without Holdfast between: what its speed is held against. */
import { createRequire } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import type { DriverName } from '../../src/index.ts'
import type { Bind } from '../../src/sqlite/driver.ts'
import { cacheSizeKib } from '../../src/sqlite/pragmas.ts'

/** A native statement that answers with arrays. */
export interface BareStatement {
  run(...binds: Bind[]): unknown
  get(...binds: Bind[]): readonly unknown[] | undefined
  all(...binds: Bind[]): readonly (readonly unknown[])[]
}

/** For statements that return rows, and for those that do not. */
export interface BareConnection {
  query(sql: string): BareStatement
  action(sql: string): BareStatement
  exec(sql: string): void
  close(): void
}

export interface BareOptions {
  readonly driver: DriverName
  readonly file: string
  /** `normal` is what Holdfast commits with; `full` is SQLite's own way of surviving a loss of power. */
  readonly synchronous?: 'normal' | 'full'
}

/** Opens with the settings of Holdfast's writer (src/sqlite/pragmas.ts); only `synchronous` is chosen. */
export function openBare({ driver, file, synchronous = 'normal' }: BareOptions): BareConnection {
  const connection = driver === 'node:sqlite' ? openNode(file) : openBetter(file)
  const settings = { trusted_schema: 0, cell_size_check: 1, mmap_size: 0, temp_store: 2, cache_size: cacheSizeKib, foreign_keys: 1 }
  for (const [name, value] of Object.entries(settings)) connection.exec(`PRAGMA ${name} = ${value}`)
  connection.exec('PRAGMA journal_mode = wal')
  connection.exec(`PRAGMA synchronous = ${synchronous}`)
  connection.exec('PRAGMA wal_autocheckpoint = 0')
  return connection
}

function openNode(file: string): BareConnection {
  const database = new DatabaseSync(file)
  return {
    query(sql) {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return statement as unknown as BareStatement
    },
    action: (sql) => database.prepare(sql) as unknown as BareStatement,
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  }
}

interface BetterDatabase {
  prepare(sql: string): BareStatement & { raw(on: boolean): unknown }
  exec(sql: string): unknown
  close(): unknown
}

function openBetter(file: string): BareConnection {
  const Database = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => BetterDatabase
  const database = new Database(file)
  return {
    query(sql) {
      const statement = database.prepare(sql)
      statement.raw(true)
      return statement
    },
    action: (sql) => database.prepare(sql),
    exec: (sql) => void database.exec(sql),
    close: () => void database.close(),
  }
}
