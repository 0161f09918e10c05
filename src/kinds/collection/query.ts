/** Queries of a collection: what is asked, and what it becomes in SQL. */
import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions, oneOf, text } from '../../base/options.ts'
import type { Column } from '../../engine/records/record-table.ts'
import { toIndexColumn } from '../../state/index-order.ts'
import type { Index } from '../../state/collection-kind.ts'
import type { Query } from '../../state/query.ts'
import { type CollectionLayout, indexColumns, indexName, isSameIndex } from './tables.ts'

/** Page sizes (DESIGN: page 100, cap 1,000). */
export const defaultLimit = 100
export const mostLimit = 1000

const bounds = [
  ['gt', '>'],
  ['gte', '>='],
  ['lt', '<'],
  ['lte', '<='],
] as const

const limitRule = { expected: 'a number', accepts: (given: unknown) => typeof given === 'number' }
const queryRules = {
  index: text(),
  equals: { expected: 'a list of values', accepts: Array.isArray },
  gt: anything(),
  gte: anything(),
  lt: anything(),
  lte: anything(),
  order: oneOf(['asc', 'desc']),
  limit: limitRule,
  after: text(),
}

/** A query that can run: its SQL, and what is bound. */
export interface PlannedQuery {
  /** The table, and the index that SQLite must use: its planner has no statistics to choose by. */
  readonly from: string
  readonly where: string
  readonly binds: readonly Column[]
  readonly orderBy: string
  readonly limit: number
  /** Columns that place a record in the order of the query, tie last. */
  readonly position: readonly string[]
  /** Names the query, so that a page token is not used for another. */
  readonly shape: string
}

export interface QueryPlace {
  readonly id: number
  readonly kind: string
  readonly layout: CollectionLayout
  /** The declared indexes, by name. */
  readonly declared: { readonly [name: string]: Index }
}

/**
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID
 */
export function planQuery(place: QueryPlace, query: Query): PlannedQuery {
  checkOptions('find', query, queryRules)
  const { columns, from } = findSource(place, query.index)
  const equals = (query.equals ?? []).map((value) => cell(place, value))
  const fixed = query.index === undefined ? 0 : columns.length - 1
  if (equals.length > fixed) throw misuse('equals', `at most ${fixed} values for this index`, query.equals)
  const { order = 'asc' } = query
  const position = columns.slice(equals.length)
  const binds: Column[] = [...equals]
  const terms = equals.map((_, i) => `${columns[i]} = ?`)
  addRange(place, query, { column: equals.length < Math.max(fixed, 1) ? position[0] : undefined, terms, binds })
  const shape = JSON.stringify([query.index ?? '', order, equals])
  if (query.after !== undefined) {
    terms.push(`(${position.join(', ')}) ${order === 'asc' ? '>' : '<'} (${position.map(() => '?').join(', ')})`)
    binds.push(...decodePage(query.after, shape, position.length))
  }
  return {
    from,
    where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`,
    binds,
    orderBy: `ORDER BY ${position.map((column) => `${column} ${order}`).join(', ')}`,
    limit: clampLimit(query.limit),
    position,
    shape,
  }
}

/** Limits from outside are brought into range, never refused: NaN asks for the default, less than 1 for one. */
export function clampLimit(limit: number | undefined, fallback: number = defaultLimit): number {
  if (limit === undefined || Number.isNaN(limit)) return fallback
  return Math.max(1, Math.min(mostLimit, Math.floor(limit)))
}

function findSource(
  { id, kind, layout, declared }: QueryPlace,
  name: string | undefined,
): { readonly columns: readonly string[]; readonly from: string } {
  if (name === undefined) return { columns: ['key'], from: `k${id}` }
  const wanted = Object.hasOwn(declared, name) ? declared[name] : undefined
  const index = layout.indexes.find((stored) => stored.name === name)
  if (wanted === undefined || index === undefined || !isSameIndex(index, wanted)) throw unknownIndex(kind, name, declared)
  return { columns: indexColumns(layout, index), from: `k${id} INDEXED BY ${indexName(id, index)}` }
}

/** Also one that is declared: a read-only store may not have it yet, and another program may have declared another by its name. */
function unknownIndex(kind: string, index: string, indexes: QueryPlace['declared']): HoldfastError<'INDEX_UNKNOWN'> {
  const declared = Object.keys(indexes)
  const listed = declared.length === 0 ? 'it declares none' : `it declares ${declared.join(', ')}`
  const reason = declared.includes(index)
    ? `The store has the index "${index}" of "${kind}" not, or not as it is declared; a program that opens it for writing builds it.`
    : `"${kind}" has no index ${JSON.stringify(index)}; ${listed}.`
  return new HoldfastError('INDEX_UNKNOWN', reason, { kind, index, declared })
}

function cell({ kind }: QueryPlace, value: unknown): Column {
  return toIndexColumn(value, { kind, field: 'query' })
}

/** A range applies to the first column that `equals` leaves open. */
function addRange(
  place: QueryPlace,
  query: Query,
  { column, terms, binds }: { readonly column: string | undefined; readonly terms: string[]; readonly binds: Column[] },
): void {
  for (const [name, operator] of bounds) {
    const bound = query[name]
    if (bound === undefined) continue
    if (column === undefined) throw misuse(name, 'a field of the index that equals leaves open', bound)
    terms.push(`${column} ${operator} ?`)
    binds.push(cell(place, bound))
  }
}

/** The token of the page after a record at `position`. Absent cells travel as null. */
export function encodePage(shape: string, position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([shape, ...position])).toString('base64url')
}

function decodePage(token: string, shape: string, length: number): readonly Column[] {
  const decoded = parse(token)
  if (!Array.isArray(decoded) || decoded.length !== length + 1) throw badPage('it is not a page token of this query')
  const [tokenShape, ...cells] = decoded as unknown[]
  if (tokenShape !== shape) throw badPage('it belongs to a query with another index, order or equals')
  return cells.map((value) => {
    if (value === null) return -Infinity
    if (typeof value === 'string' || typeof value === 'number') return value
    throw badPage('it is not a page token of this query')
  })
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown
  } catch {
    return undefined
  }
}

function badPage(reason: string): HoldfastError<'PAGE_INVALID'> {
  return new HoldfastError('PAGE_INVALID', `The page token cannot be used: ${reason}.`, { reason })
}
