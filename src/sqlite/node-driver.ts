/** The driver over Node's own SQLite. The module is passed in, so that nothing here links to it. */
import { pathToFileURL } from 'node:url'
import type { DatabaseSync } from 'node:sqlite'
import type { Connection, ConnectionOptions, Driver, Statement } from './driver.ts'
import { mapSqliteError } from './sqlite-error.ts'
import { changesRows, countParameters, isBlank } from './statement-text.ts'
import { ActionStatement, RowStatement } from './statement.ts'
import { StepJournal } from './step-journal.ts'

/** The part of the module `node:sqlite` that is used. */
export interface NodeSqlite {
  readonly DatabaseSync: typeof DatabaseSync
}

/** @throws Error whatever the library throws when it does not work here */
export function createNodeDriver(sqlite: NodeSqlite): Driver {
  const probe = new sqlite.DatabaseSync(':memory:')
  const row = probe.prepare('SELECT sqlite_version() AS version').get()
  probe.close()
  const sqliteVersion = String(row?.['version'])
  return {
    name: 'node:sqlite',
    sqliteVersion,
    open: (options) => new NodeConnection(openDatabase(sqlite, options), options.file, `node:sqlite ${sqliteVersion}`),
  }
}

function openDatabase(sqlite: NodeSqlite, options: ConnectionOptions): DatabaseSync {
  try {
    return new sqlite.DatabaseSync(databaseName(options), {
      readOnly: isReadOnly(options),
      timeout: 0,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
      defensive: true,
    })
  } catch (error) {
    throw mapSqliteError(error, options.file)
  }
}

/** A URI, because only its `mode` keeps `node:sqlite` from creating a missing file. */
function databaseName(options: ConnectionOptions): string {
  if (options.file === ':memory:') return options.file
  const url = pathToFileURL(options.file)
  url.searchParams.set('mode', isReadOnly(options) ? 'ro' : options.create === true ? 'rwc' : 'rw')
  if (options.immutable === true) url.searchParams.set('immutable', '1')
  return url.href
}

function isReadOnly(options: ConnectionOptions): boolean {
  return options.readOnly === true || options.immutable === true
}

class NodeConnection implements Connection {
  readonly library: string
  failure: Error | undefined
  readonly journal: StepJournal = new StepJournal()
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #fail = (error: unknown): Error => {
    this.failure = mapSqliteError(error, this.#file)
    return this.failure
  }

  constructor(database: DatabaseSync, file: string, library: string) {
    this.#database = database
    this.#file = file
    this.library = library
  }

  get isOpen(): boolean {
    return this.#database.isOpen
  }

  get inTransaction(): boolean {
    return this.#database.isOpen && this.#database.isTransaction
  }

  prepare(sql: string): Statement {
    const options = { sql, fail: this.#fail, parameters: countParameters(sql), journal: this.journal, canGetAnything: true }
    try {
      const native = this.#database.prepare(sql)
      if (!isBlank(sql.slice(native.sourceSQL.length))) throw new TypeError(`Expected sql to be one statement, got ${sql}`)
      if (native.columns().length === 0) return new ActionStatement(native, options, changesRows(sql))
      native.setReturnArrays(true)
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
    if (!this.#database.isOpen) return
    try {
      this.#database.close()
    } catch (error) {
      throw this.#fail(error)
    }
  }
}
