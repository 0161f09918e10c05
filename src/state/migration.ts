/** Migrations as declared: how state of an older version becomes state of this one (rule M2). */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { checkOptions, fn, integer, text } from '../base/options.ts'

/** One record of an untyped view. */
export interface UntypedEntry {
  /** The record's key; `''` for a document. */
  readonly key: string
  readonly value: unknown
}

/** A kind as a migration sees it: stored values, no schema. Documents have the one key `''`. Logs are read-only here. */
export interface UntypedKind {
  get(key: string): unknown
  has(key: string): boolean
  /** Every record, by key; changes made meanwhile are not seen. */
  entries(): Iterable<UntypedEntry>
  put(key: string, value: unknown): void
  delete(key: string): boolean
}

/** What `up` works on. */
export interface MigrationTx {
  /** The kinds that exist now, by name. */
  readonly names: readonly string[]
  /** @throws HoldfastError KIND_UNKNOWN */
  kind(name: string): UntypedKind
  /** Gives a kind another name; its records stay. */
  rename(from: string, to: string): void
  /** Deletes a kind and its records. The backup made before the first migration still has them. */
  drop(name: string): void
}

/** One step from the version before it to `version`. */
export interface Migration {
  /** The version this step leads to. */
  readonly version: number
  /** What it does; recorded, and never changed once it ran anywhere. */
  readonly name: string
  /** Synchronous; all steps that are pending succeed together or leave the store as it was. */
  up(tx: MigrationTx): void
}

const optionRules = { version: integer({ min: 2 }), name: text(), up: fn() }

export function readMigrations(declared: readonly Migration[], version: number): readonly Migration[] {
  if (!Array.isArray(declared)) throw misuse('migrations', 'a list of migrations', declared)
  let last = 1
  for (const migration of declared as readonly Migration[]) {
    checkOptions('migration', migration, optionRules)
    const { version: to, name, up } = (migration ?? {}) as Partial<Migration>
    const isWhole = typeof to === 'number' && typeof name === 'string' && name !== '' && typeof up === 'function'
    if (!isWhole) throw misuse('migrations', 'a version, a name and an up function in each', migration)
    if (to <= last) refuse(`migration ${to} "${name}" does not come after version ${last}`)
    if (to > version) refuse(`migration ${to} "${name}" leads beyond version ${version} of the state`)
    last = to
  }
  return Object.freeze(declared.map((migration: Migration) => Object.freeze({ ...migration, up: migration.up.bind(migration) })))
}

function refuse(what: string): never {
  throw new HoldfastError('DEFINITION_INVALID', `The ${what}.`, { what })
}
