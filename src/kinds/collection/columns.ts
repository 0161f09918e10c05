/** Values of a collection as index cells. */
import { sizedArray } from '../../base/sized-array.ts'
import type { ColumnLayout } from '../../engine/records/record-set.ts'
import type { Column } from '../../engine/records/record-table.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { toIndexColumn } from '../../state/index-order.ts'
import { type CollectionLayout, columnNames, indexColumns, type StoredIndex, tieOf } from './tables.ts'

/** @param ttlMs of the declaration */
export function createColumns(id: number, kind: string, layout: CollectionLayout, ttlMs?: number): ColumnLayout {
  const names = columnNames(layout)
  const { fields } = layout
  const uniques = layout.indexes
    .filter(({ unique }) => unique)
    .map((index) => ({ index, at: index.fields.map((field) => fields.indexOf(field)) }))
  const places = fields.map((field) => ({ kind, field }))
  const none: readonly Column[] = Object.freeze([])
  return {
    names,
    ttlMs: layout.isTimed === true ? ttlMs : undefined,
    columnsOf(key, value) {
      if (fields.length === 0) return none
      const record = value as { readonly [field: string]: unknown }
      const columns = sizedArray<Column>(names.length)
      let next = 0
      for (const place of places) columns[next++] = toIndexColumn(record[place.field], place)
      for (const { at } of uniques) columns[next++] = at.some((i) => columns[i] === -Infinity) ? key : ''
      return columns
    },
    findConflict(connection, key, columns) {
      const cells = new Map(names.map((name, i) => [name, columns[i] as Column]))
      for (const { index } of uniques) {
        const heldBy = findHolder(connection, { id, layout, index }, { key, cells })
        if (heldBy !== undefined) return { index: index.name, heldBy }
      }
      return undefined
    },
  }
}

interface IndexPlaceOf {
  readonly id: number
  readonly layout: CollectionLayout
  readonly index: StoredIndex
}

function findHolder(
  connection: Connection,
  { id, layout, index }: IndexPlaceOf,
  { key, cells }: { readonly key: string; readonly cells: ReadonlyMap<string, Column> },
): string | undefined {
  const columns = [...indexColumns(layout, index).slice(0, -1), tieOf(index)]
  const where = columns.map((column) => `${column} = ?`).join(' AND ')
  const binds = columns.map((column) => cells.get(column) as Column)
  const row = connection.prepare(`SELECT key FROM k${id} WHERE ${where} AND key <> ?`).get(...binds, key)
  return row === undefined ? undefined : String(row[0])
}
