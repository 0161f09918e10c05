/** The untyped view of a store that migrations work on (rule M2). */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import type { StoredKind } from '../engine/kind-runtime.ts'
import { RecordTable } from '../engine/records/record-table.ts'
import { createColumns } from '../kinds/collection/columns.ts'
import { columnNames, layoutOf } from '../kinds/collection/tables.ts'
import { recount } from '../kinds/jobs/tables.ts'
import type { Connection } from '../sqlite/driver.ts'
import type { Kind, Kinds } from '../state/define-state.ts'
import type { MigrationTx, UntypedEntry, UntypedKind } from '../state/migration.ts'
import { assertName } from '../state/names.ts'
import { assertKeyText, fromStoredText, toStored } from '../state/value.ts'
import { planKind } from './reconcile.ts'

export class UntypedStore implements MigrationTx {
  readonly #connection: Connection
  readonly #declared: Kinds
  readonly #stored: Map<string, StoredKind>
  /** Keys written, by the number of the kind, which stays when its name does not. */
  readonly #written = new Map<number, Set<string>>()
  /** The revision and time of the commit that the migration becomes. */
  stamp: { readonly revision: number; readonly at: number } = { revision: 0, at: 0 }
  #isOver = false

  constructor(connection: Connection, declared: Kinds, stored: ReadonlyMap<string, StoredKind>) {
    this.#connection = connection
    this.#declared = declared
    this.#stored = new Map(stored)
  }

  get names(): readonly string[] {
    return [...this.#stored.keys()]
  }

  /** Keys written, by the name the kind has now; only kinds written at all, so no log, which migrations cannot write. */
  get written(): ReadonlyMap<string, ReadonlySet<string>> {
    const named = [...this.#stored].map(([name, { id }]) => [name, this.#written.get(id) ?? new Set<string>()] as const)
    return new Map(named.filter(([, keys]) => keys.size > 0))
  }

  kind(name: string): UntypedKind {
    const stored = this.#find(name)
    return new UntypedRecords(this.#connection, stored, {
      stamp: () => this.stamp,
      assertOpen: () => this.#assertOpen(),
      onWrite: (key, isThere) => this.#note(stored.id, key, isThere),
    })
  }

  rename(from: string, to: string): void {
    const stored = this.#find(from)
    assertName('kind', to)
    if (this.#stored.has(to)) throw misuse('to', 'the name of no kind in the store', to)
    this.#connection.prepare('UPDATE hf_kind SET name = ? WHERE id = ?').run(to, stored.id)
    this.#stored.delete(from)
    this.#stored.set(to, { ...stored, name: to })
  }

  drop(name: string): void {
    const { id } = this.#find(name)
    // Some kinds have tables beside that of their records.
    const beside = this.#connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?").all(`k${id}_*`)
    for (const table of [`k${id}`, ...beside.map(([found]) => String(found))]) this.#connection.exec(`DROP TABLE ${table}`)
    this.#connection.prepare('DELETE FROM hf_kind WHERE id = ?').run(id)
    this.#stored.delete(name)
    this.#written.delete(id)
  }

  /** Queues count their jobs beside them. */
  recount(): void {
    for (const { id, description } of this.#stored.values()) {
      if (description.type !== 'jobs' || !this.#written.has(id)) continue
      const [sql, ...binds] = recount(id, { description })
      this.#connection.prepare(sql).run(...binds)
    }
  }

  /** Ends the view; what a migration kept of it refuses from then on. */
  end(): void {
    this.#isOver = true
  }

  #assertOpen(): void {
    if (this.#isOver)
      throw new HoldfastError('TX_ENDED', 'The tx of a migration was used after the migration had ended.', { method: 'migration' })
  }

  /** A kind that is only declared yet is made when it is first asked for, so that data can move into it. */
  #find(name: string): StoredKind {
    this.#assertOpen()
    const stored = this.#stored.get(name)
    if (stored !== undefined) return stored
    const declared = Object.hasOwn(this.#declared, name) ? this.#declared[name] : undefined
    if (declared === undefined) {
      throw new HoldfastError('KIND_UNKNOWN', `The store has no kind "${name}", and none is declared.`, {
        kind: name,
        declared: this.names,
      })
    }
    return this.#create(name, declared)
  }

  #create(name: string, declared: Kind): StoredKind {
    const row = this.#connection.prepare('SELECT coalesce(max(id), 0) + 1 FROM hf_kind').get()
    const id = Number(row?.[0])
    const { steps, description } = planKind(id, undefined, declared)
    for (const [sql, ...binds] of steps) this.#connection.prepare(sql).run(...binds)
    this.#connection.prepare('INSERT INTO hf_kind (id, name, description) VALUES (?, ?, ?)').run(id, name, JSON.stringify(description))
    const stored = { id, name, description }
    this.#stored.set(name, stored)
    return stored
  }

  #note(id: number, key: string, isThere: boolean): void {
    const keys = this.#written.get(id) ?? new Set()
    if (isThere) keys.add(key)
    else keys.delete(key)
    this.#written.set(id, keys)
  }
}

interface UntypedServices {
  readonly stamp: () => { readonly revision: number; readonly at: number }
  readonly assertOpen: () => void
  readonly onWrite: (key: string, isThere: boolean) => void
}

class UntypedRecords implements UntypedKind {
  readonly #connection: Connection
  readonly #stored: StoredKind
  readonly #services: UntypedServices
  readonly #table: RecordTable | undefined
  readonly #columns: ReturnType<typeof createColumns>

  constructor(connection: Connection, stored: StoredKind, services: UntypedServices) {
    const layout = layoutOf(stored)
    this.#connection = connection
    this.#stored = stored
    this.#services = services
    this.#columns = createColumns(stored.id, stored.name, layout)
    this.#table =
      stored.description.type === 'log' ? undefined : new RecordTable(connection, stored.id, columnNames(layout), layout.isTimed)
  }

  get(key: string): unknown {
    const row = this.#records('get').read(key)
    return row === undefined ? undefined : fromStoredText(String(row[0]))
  }

  has(key: string): boolean {
    return this.#records('has').read(key) !== undefined
  }

  *entries(): Generator<UntypedEntry, void, void> {
    this.#services.assertOpen()
    const name = this.#table === undefined ? 'seq' : 'key'
    const keys = this.#connection.prepare(`SELECT ${name} FROM k${this.#stored.id} ORDER BY ${name}`).all()
    const read = this.#connection.prepare(`SELECT value FROM k${this.#stored.id} WHERE ${name} = ?`)
    for (const [key] of keys) {
      const row = read.get(key ?? null)
      if (row !== undefined) yield { key: String(key), value: fromStoredText(String(row[0])) }
    }
  }

  put(key: string, value: unknown): void {
    const records = this.#records('put')
    assertKeyText('key', key, { kind: this.#stored.name, allowEmpty: this.#stored.description.type === 'document' })
    const { text, data } = toStored(value, this.#stored.name)
    const cells = { text, columns: this.#columns.columnsOf(key, data) }
    const written = this.#services.stamp()
    if (!records.insert(key, cells, written)) records.update(key, cells, written)
    this.#services.onWrite(key, true)
  }

  delete(key: string): boolean {
    const records = this.#records('delete')
    if (records.read(key) === undefined) return false
    records.delete(key)
    this.#services.onWrite(key, false)
    return true
  }

  #records(method: string): RecordTable {
    this.#services.assertOpen()
    if (this.#table === undefined) throw misuse(method, 'a document or a collection; entries of a log stay as they are', this.#stored.name)
    return this.#table
  }
}
