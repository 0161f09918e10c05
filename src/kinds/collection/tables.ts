/**
 * A collection's table: a table of records with a column for each indexed field.
 *
 * Column f<i> holds field i of the layout as an index cell (state/index-order). An index over fields is an SQL index over their
 * columns and a *tie*, which makes every position in it one record: the key. A unique index has a tie column of its own,
 * u<number>, that is `''` when all its fields are there, so that equal fields collide, and the key when one is absent, so that
 * absent ones do not.
 *
 * The layout only grows. Indexes that a program does not declare are kept up by it all the same, because another program, or a
 * later version of this one, may use them.
 */
import { HoldfastError } from '../../base/error.ts'
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { createRecordTable } from '../../engine/records/record-table.ts'
import type { ArtifactsKind } from '../../state/artifacts-kind.ts'
import type { CollectionKind, Index } from '../../state/collection-kind.ts'
import { describeKind } from '../../state/description.ts'
import type { Step } from '../../sqlite/helper-protocol.ts'

/** An index as it is on disk. */
export interface StoredIndex extends Index {
  readonly name: string
  readonly number: number
}

/** Kinds whose table is that of a collection. */
export type IndexedKind = CollectionKind | ArtifactsKind

/** Columns and indexes of a collection's table. */
export interface CollectionLayout {
  /** Field of column f0, f1, … */
  readonly fields: readonly string[]
  readonly indexes: readonly StoredIndex[]
  /** Number of the next index. */
  readonly nextIndex: number
  /** There is a column for when a record was last written or renewed. */
  readonly isTimed?: boolean
}

const emptyLayout: CollectionLayout = Object.freeze({ fields: [], indexes: [], nextIndex: 0 })

export function layoutOf(stored: StoredKind | undefined): CollectionLayout {
  return (stored?.description['layout'] as CollectionLayout | undefined) ?? emptyLayout
}

/** What the table of a collection that is not stored yet would have. */
export function layoutOfNew(kind: IndexedKind): CollectionLayout {
  const layout = addIndexes(emptyLayout, Object.entries(kind.indexes))
  return ttlOf(kind) === undefined ? layout : { ...layout, isTimed: true }
}

/** Artifacts stay until they are deleted. */
function ttlOf(kind: IndexedKind): number | undefined {
  return kind.type === 'collection' ? kind.ttlMs : undefined
}

/** Column names of a layout, in the order `columnsOf` fills them. */
export function columnNames({ fields, indexes }: CollectionLayout): readonly string[] {
  return [...fields.map((_, i) => `f${i}`), ...indexes.filter(({ unique }) => unique).map(({ number }) => `u${number}`)]
}

/** The columns of an index, tie last. */
export function indexColumns({ fields }: CollectionLayout, index: StoredIndex): readonly string[] {
  return [...index.fields.map((field) => `f${fields.indexOf(field)}`), tieOf(index)]
}

export function indexName(id: number, { number }: StoredIndex): string {
  return `k${id}_i${number}`
}

export function tieOf({ unique, number }: StoredIndex): string {
  return unique ? `u${number}` : 'key'
}

export function planCollection(id: number, stored: StoredKind | undefined, declared: IndexedKind): TablePlan {
  const before = layoutOf(stored)
  const wanted = Object.entries(declared.indexes)
  const same = new Set(
    wanted
      .filter(([name, index]) => before.indexes.some((there) => there.name === name && isSameIndex(there, index)))
      .map(([name]) => name),
  )
  const added = wanted.filter(([name]) => !same.has(name))
  const replaced = before.indexes.filter(({ name }) => added.some(([other]) => other === name))
  const indexed = addIndexes({ ...before, indexes: before.indexes.filter((index) => !replaced.includes(index)) }, added)
  // Once there it stays, and is kept up by programs that declare a TTL.
  const isTimed = before.isTimed === true || ttlOf(declared) !== undefined
  const after = isTimed ? { ...indexed, isTimed } : indexed
  const kept = after.indexes.filter(({ name }) => declared.indexes[name] === undefined).map(({ name }) => name)
  const steps = stored === undefined ? createSteps(id, after) : changeSteps(id, { before, after, replaced })
  return { description: { ...describeKind(declared), indexes: allIndexes(after), layout: after }, steps, kept }
}

/** Over the same fields in the same order, and as unique. */
export function isSameIndex(a: Index, b: Index): boolean {
  return a.unique === b.unique && a.fields.join('\n') === b.fields.join('\n')
}

function allIndexes({ indexes }: CollectionLayout): { readonly [name: string]: Index } {
  return Object.fromEntries(indexes.map(({ name, fields, unique }) => [name, { fields, unique }]))
}

function addIndexes(layout: CollectionLayout, added: readonly (readonly [string, Index])[]): CollectionLayout {
  const fields = [...layout.fields]
  const indexes = [...layout.indexes]
  let { nextIndex } = layout
  for (const [name, index] of added) {
    for (const field of index.fields) if (!fields.includes(assertField(name, field))) fields.push(field)
    indexes.push({ name, number: nextIndex, fields: index.fields, unique: index.unique })
    nextIndex += 1
  }
  return { fields, indexes, nextIndex }
}

/** A field becomes a JSON path, so it must be one that needs no escaping there. */
function assertField(index: string, field: string): string {
  if (/^[^"\\\u0000-\u001f]{1,200}$/u.test(field) && field.isWellFormed()) return field
  const what = `index ${index}`
  throw new HoldfastError('DEFINITION_INVALID', `The field ${JSON.stringify(field)} of index "${index}" cannot be indexed by this name.`, {
    what,
  })
}

/** SQL that makes the table and its indexes. @param schema stands before their names; `''` for the store's own */
export function createSteps(id: number, layout: CollectionLayout, schema = ''): Step[] {
  const indexes = layout.indexes.map((index) => createIndex(id, layout, index, schema))
  return [[createRecordTable(id, columnNames(layout), schema)], ...indexes, ...(layout.isTimed === true ? addTime(id, schema) : [])]
}

interface LayoutChange {
  readonly before: CollectionLayout
  readonly after: CollectionLayout
  readonly replaced: readonly StoredIndex[]
}

function changeSteps(id: number, { before, after, replaced }: LayoutChange): Step[] {
  const steps: Step[] = replaced.map((index) => [`DROP INDEX ${indexName(id, index)}`])
  for (const { unique, number } of replaced) if (unique) steps.push([`ALTER TABLE k${id} DROP COLUMN u${number}`])
  for (const field of after.fields.slice(before.fields.length)) steps.push(...addFieldColumn(id, after.fields.indexOf(field), field))
  const known = new Set(before.indexes.map(({ number }) => number))
  for (const index of after.indexes.filter(({ number }) => !known.has(number))) {
    if (index.unique) steps.push(...addTieColumn(id, after, index))
    steps.push(createIndex(id, after, index))
  }
  if (after.isTimed === true && before.isTimed !== true) steps.push(...addTime(id, ''), [`UPDATE k${id} SET seen = at`])
  return steps
}

export function createIndex(id: number, layout: CollectionLayout, index: StoredIndex, schema = ''): Step {
  const unique = index.unique ? 'UNIQUE ' : ''
  return [`CREATE ${unique}INDEX ${schema}${indexName(id, index)} ON k${id} (${indexColumns(layout, index).join(', ')})`]
}

/** When each record was last written or renewed, milliseconds since 1970: no part of its value, its checksum or the history (rule R8). */
function addTime(id: number, schema: string): Step[] {
  return [
    [`ALTER TABLE ${schema}k${id} ADD COLUMN seen INTEGER NOT NULL DEFAULT 0`],
    [`CREATE INDEX ${schema}k${id}_seen ON k${id} (seen)`],
  ]
}

/**
 * What `toIndexColumn` writes for nothing, false and true; as SQL, for records that are there already. Numbers become what
 * JavaScript makes of their digits, doubles: beyond 2^53 SQLite would read integers of its own from them, which equal none.
 */
export const absentCell = '-9e999'
const falseCell = '-1.7976931348623157e308'
const trueCell = '-1.7976931348623155e308'

function addFieldColumn(id: number, column: number, field: string): Step[] {
  const path = `$."${field}"`
  return [
    [`ALTER TABLE k${id} ADD COLUMN f${column} NOT NULL DEFAULT ${absentCell}`],
    [
      `UPDATE k${id} SET f${column} = CASE json_type(value, ?)
         WHEN 'true' THEN ${trueCell} WHEN 'false' THEN ${falseCell}
         WHEN 'text' THEN json_extract(value, ?) WHEN 'integer' THEN CAST(json_extract(value, ?) AS REAL) WHEN 'real' THEN json_extract(value, ?)
         ELSE ${absentCell} END`,
      path,
      path,
      path,
      path,
    ],
  ]
}

function addTieColumn(id: number, layout: CollectionLayout, index: StoredIndex): Step[] {
  const columns = indexColumns(layout, index).slice(0, -1)
  const isAbsent = columns.map((column) => `${column} = ${absentCell}`).join(' OR ')
  return [
    [`ALTER TABLE k${id} ADD COLUMN u${index.number} NOT NULL DEFAULT ''`],
    [`UPDATE k${id} SET u${index.number} = CASE WHEN ${isAbsent} THEN key ELSE '' END`],
  ]
}
