/**
 * What was written behind, as a temporary table with the columns of the collection's own, so that `find` and `count` can see it (rule D3).
 *
 *   p<id> (key, value, revision, at, gone, f0…: index fields)
 *
 * It is brought up to date when a query needs it; without queries, writing behind costs no SQL.
 */
import { sizedArray } from '../../base/sized-array.ts'
import type { PendingRecords, PendingWrite } from '../../engine/delayed/pending-records.ts'
import type { ColumnLayout } from '../../engine/records/record-set.ts'
import type { Bind, Connection, Statement } from '../../sqlite/driver.ts'

export class PendingTable {
  readonly name: string
  readonly #pending: PendingRecords
  readonly #dirty = new Set<string>()
  #layout: ColumnLayout | undefined
  #write: Statement | undefined
  #forget: Statement | undefined

  constructor(id: number, pending: PendingRecords) {
    this.name = `temp.p${id}`
    this.#pending = pending
    pending.onChange = (key) => void this.#dirty.add(key)
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** The pending write of a row that came from here. */
  get(key: string): PendingWrite | undefined {
    return this.#pending.get(key)
  }

  attach(connection: Connection, layout: ColumnLayout): void {
    const columns = ['key', 'value', 'revision', 'at', 'gone', ...layout.names]
    connection.exec(`DROP TABLE IF EXISTS ${this.name}`)
    connection.exec(`CREATE TABLE ${this.name} (${columns.join(', ')}, PRIMARY KEY (key)) WITHOUT ROWID`)
    this.#write = connection.prepare(`INSERT OR REPLACE INTO ${this.name} VALUES (${columns.map(() => '?').join(', ')})`)
    this.#forget = connection.prepare(`DELETE FROM ${this.name} WHERE key = ?`)
    this.#layout = layout
    for (const { key } of this.#pending.all()) this.#dirty.add(key)
  }

  /** Call inside the read transaction whose queries will use it. */
  bringUpToDate(): void {
    for (const key of this.#dirty) {
      const write = this.#pending.get(key)
      if (write === undefined) this.#forget?.execute(key)
      else this.#write?.executeBound(this.#rowOf(write))
    }
    this.#dirty.clear()
  }

  #rowOf({ key, stored, at }: PendingWrite): Bind[] {
    const { names, columnsOf } = this.#layout as ColumnLayout
    const cells = stored === undefined ? sizedArray<Bind>(names.length).fill(null) : columnsOf(key, stored.data)
    return [key, stored?.text ?? '', 0, at, stored === undefined ? 1 : 0, ...cells]
  }
}
