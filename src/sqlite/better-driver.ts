/** The driver over `better-sqlite3`, an optional peer that is described here by structure only. */
import { HoldfastError } from '../base/error.ts'
import type { Connection, ConnectionOptions, Driver, Statement } from './driver.ts'
import { mapSqliteError } from './sqlite-error.ts'
import { changesRows, countParameters } from './statement-text.ts'
import { ActionStatement, type NativeStatement, RowStatement } from './statement.ts'
import { StepJournal } from './step-journal.ts'

interface BetterStatement extends NativeStatement {
  /** True when the statement returns rows. */
  readonly reader: boolean
  raw(on: boolean): unknown
}

interface BetterDatabase {
  readonly open: boolean
  readonly inTransaction: boolean
  prepare(sql: string): BetterStatement
  exec(sql: string): unknown
  close(): unknown
}

/** What `require('better-sqlite3')` gives. */
export type BetterSqlite = new (
  file: string,
  options?: { readonly readonly?: boolean; readonly fileMustExist?: boolean; readonly timeout?: number },
) => BetterDatabase

/**
 * @param path where the library was loaded from: two copies are two libraries to SQLite's locks
 * @throws Error whatever the library throws when it does not work here, such as a native part of another ABI
 */
export function createBetterDriver(BetterSqlite: BetterSqlite, path: string): Driver {
  const probe = new BetterSqlite(':memory:')
  const row = probe.prepare('SELECT sqlite_version() AS version').get() as { readonly version: string }
  probe.close()
  const sqliteVersion = row.version
  return {
    name: 'better-sqlite3',
    sqliteVersion,
    open: (options) => new BetterConnection(openDatabase(BetterSqlite, options), options.file, `better-sqlite3 ${sqliteVersion} (${path})`),
  }
}

function openDatabase(BetterSqlite: BetterSqlite, options: ConnectionOptions): BetterDatabase {
  if (options.immutable === true) {
    const reason = 'better-sqlite3 takes no URI, so it cannot open a file as immutable'
    throw new HoldfastError('DRIVER_UNAVAILABLE', `Cannot open ${options.file}: ${reason}.`, { driver: 'better-sqlite3', reason })
  }
  const isMemory = options.file === ':memory:'
  try {
    return new BetterSqlite(options.file, {
      readonly: options.readOnly === true,
      fileMustExist: !isMemory && options.create !== true,
      timeout: 0,
    })
  } catch (error) {
    throw mapSqliteError(error, options.file)
  }
}

class BetterConnection implements Connection {
  readonly library: string
  failure: Error | undefined
  readonly journal: StepJournal = new StepJournal()
  readonly #database: BetterDatabase
  readonly #file: string
  readonly #fail = (error: unknown): Error => {
    this.failure = mapSqliteError(error, this.#file)
    return this.failure
  }

  constructor(database: BetterDatabase, file: string, library: string) {
    this.#database = database
    this.#file = file
    this.library = library
  }

  get isOpen(): boolean {
    return this.#database.open
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  prepare(sql: string): Statement {
    const options = { sql, fail: this.#fail, parameters: countParameters(sql), journal: this.journal, canGetAnything: false }
    try {
      const native = this.#database.prepare(sql)
      if (!native.reader) return new ActionStatement(native, options, changesRows(sql))
      native.raw(true)
      return new RowStatement(native, options)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  close(): void {
    if (!this.#database.open) return
    try {
      this.#database.close()
    } catch (error) {
      throw this.#fail(error)
    }
  }
}
