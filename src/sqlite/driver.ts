/**
 * The driver contract: the small part of an SQLite library that Holdfast uses.
 *
 * Positional `?` binds of string, number, null and Uint8Array; statements that return rows use `get` and `all`, others `run` and `execute`;
 * rows are arrays in column order. Every error comes out mapped (`sqlite-error.ts`); misuse is a TypeError, the same from every driver.
 */
import type { StepJournal } from './step-journal.ts'

/**
 * A value that can be bound to a `?`. Numbers are finite; integers lie within ±(2^53 − 1).
 *
 * Text holds no NUL and no lone surrogate: `node:sqlite` of Node 22 stores text whole but reads it only up to a NUL,
 * and a lone surrogate becomes U+FFFD. JSON text has neither, both are escaped there.
 */
export type Bind = string | number | null | Uint8Array

/** One row, in column order. A BLOB may arrive as a Buffer, which is a Uint8Array. */
export type Row = readonly (string | number | null | Uint8Array)[]

export interface Statement {
  /** Runs a statement that returns no rows; answers with the rows inserted, updated or deleted, 0 for any other statement. */
  run(...binds: Bind[]): number
  /** As `run`, for whoever does not ask how many rows it changed: the libraries need not make an answer. */
  execute(...binds: Bind[]): void
  /** As `run` and `execute`, with the binds in an array, which is theirs from then on. */
  runBound(binds: readonly Bind[]): number
  executeBound(binds: readonly Bind[]): void
  /** The first row, or undefined when there is none. */
  get(...binds: Bind[]): Row | undefined
  all(...binds: Bind[]): Row[]
}

export interface Connection {
  /** Which copy of SQLite this is; equal for two connections exactly when both use the same loaded library. */
  readonly library: string
  readonly inTransaction: boolean
  /** What the last statement that failed threw; such a failure may have ended the transaction. */
  readonly failure: Error | undefined
  /** Remembers the statements that change rows, while it is begun. */
  readonly journal: StepJournal
  readonly isOpen: boolean
  /** Prepares one statement; its statements end with the connection. */
  prepare(sql: string): Statement
  /** Runs any number of statements and drops their rows. */
  exec(sql: string): void
  /** Rolls back what is open and closes; a second call does nothing. */
  close(): void
}

export interface ConnectionOptions {
  /** Absolute path, or `:memory:`. */
  readonly file: string
  readonly readOnly?: boolean
  /** Promises that nothing changes the file: no locks, no `-shm`, any `-wal` is ignored. Implies `readOnly`; `node:sqlite` only. */
  readonly immutable?: boolean
  /** Creates the file when absent; without it a missing file is an error. `:memory:` is always created. */
  readonly create?: boolean
}

export type DriverName = 'node:sqlite' | 'better-sqlite3'

export interface Driver {
  readonly name: DriverName
  readonly sqliteVersion: string
  /**
   * Opens a connection with no busy timeout and SQLite's own defaults; `pragmas.ts` does the rest.
   *
   * SQLite reads nothing before the first statement, so damage shows there, not here.
   */
  open(options: ConnectionOptions): Connection
}
