/** Statements over a driver's native ones. On the hot path: what is added to the native call is measured in `bench/`. */
import type { Bind, Row, Statement } from './driver.ts'
import { mapSqliteError } from './sqlite-error.ts'

/** What both libraries' statements have in common. */
export interface NativeStatement {
  run(...binds: Bind[]): { readonly changes: number | bigint }
  get(...binds: Bind[]): unknown
  all(...binds: Bind[]): unknown
}

export interface StatementOptions {
  readonly sql: string
  readonly file: string
  readonly parameters: number
}

/** A statement that returns rows; the native one has been told to give arrays. */
export class RowStatement implements Statement {
  readonly #native: NativeStatement
  readonly #options: StatementOptions
  readonly #parameters: number

  constructor(native: NativeStatement, options: StatementOptions) {
    this.#native = native
    this.#options = options
    this.#parameters = options.parameters
  }

  get(...binds: Bind[]): Row | undefined {
    checkBinds(binds, this.#parameters)
    try {
      return this.#native.get(...binds) as Row | undefined
    } catch (error) {
      throw mapSqliteError(error, this.#options.file)
    }
  }

  all(...binds: Bind[]): Row[] {
    checkBinds(binds, this.#parameters)
    try {
      return this.#native.all(...binds) as Row[]
    } catch (error) {
      throw mapSqliteError(error, this.#options.file)
    }
  }

  run(): never {
    throw new TypeError(`Expected get or all for a statement that returns rows, got run: ${this.#options.sql}`)
  }
}

/** A statement that returns no rows. */
export class ActionStatement implements Statement {
  readonly #native: NativeStatement
  readonly #options: StatementOptions
  readonly #parameters: number
  readonly #changesRows: boolean

  constructor(native: NativeStatement, options: StatementOptions, changesRows: boolean) {
    this.#native = native
    this.#options = options
    this.#parameters = options.parameters
    this.#changesRows = changesRows
  }

  run(...binds: Bind[]): number {
    checkBinds(binds, this.#parameters)
    try {
      const { changes } = this.#native.run(...binds)
      return this.#changesRows ? (changes as number) : 0
    } catch (error) {
      throw mapSqliteError(error, this.#options.file)
    }
  }

  get(): never {
    throw new TypeError(`Expected run for a statement that returns no rows, got get: ${this.#options.sql}`)
  }

  all(): never {
    throw new TypeError(`Expected run for a statement that returns no rows, got all: ${this.#options.sql}`)
  }
}

/**
 * Refuses what the libraries treat differently: `node:sqlite` leaves a missing bind NULL and binds bigints and Dates,
 * `better-sqlite3` flattens arrays, takes undefined for NULL, and aborts the process on a DataView.
 */
function checkBinds(binds: readonly unknown[], parameters: number): void {
  if (binds.length !== parameters) throw new TypeError(`Expected ${parameters} binds, got ${binds.length}`)
  for (let index = 0; index < binds.length; index += 1) {
    const bind = binds[index]
    if (typeof bind === 'string' || typeof bind === 'number' || bind === null || bind instanceof Uint8Array) continue
    throw new TypeError(`Expected bind ${index + 1} to be string, number, null or Uint8Array, got ${typeof bind}`)
  }
}
