/** Runs a query over a sorted index, with the meaning and the refusals it has in the store. */
import { describe } from '../../base/describe.ts'
import type { IndexValue } from '../../state/index-order.ts'
import { aNumber, aText, check, checkOptions, clampLimit, oneOf, type Rule, type Rules } from '../given.ts'
import { ReplicaError } from '../replica-error.ts'
import type { Page, Query } from '../../state/query.ts'
import type { SortedIndex } from './sorted-index.ts'

const anything: Rule = ['anything', () => true]
const rules: Rules = {
  index: aText,
  equals: ['a list of values', Array.isArray],
  gt: anything,
  gte: anything,
  lt: anything,
  lte: anything,
  order: oneOf('asc', 'desc'),
  limit: aNumber,
  after: aText,
}

/** Where the records of a query stand in the index. */
interface Found {
  readonly start: number
  readonly end: number
  /** Names the query, so that a page token is not used for another. */
  readonly shape: string
  /** Values that `equals` fixes. */
  readonly fixed: number
}

/** @throws TypeError for an unknown option or a wrong one */
export function checkQuery(query: Query): void {
  checkOptions('find', query, rules)
}

/** @throws TypeError · ReplicaError VALUE_INVALID · PAGE_INVALID */
export function find(kind: string, index: SortedIndex, query: Query): Page<unknown> {
  const { start, end, shape, fixed } = locate(kind, index, query)
  const size = Math.min(clampLimit(query.limit, 100), Math.max(0, end - start))
  const isDown = query.order === 'desc'
  const items: unknown[] = []
  for (let at = 0; at < size; at++) items.push(index.at(isDown ? end - 1 - at : start + at).value)
  const isLast = size === 0 || size === end - start
  const last = isLast ? undefined : index.at(isDown ? end - size : start + size - 1)
  const next = last && JSON.stringify([shape, ...index.tupleOf(last).slice(fixed)])
  return Object.freeze({ items: Object.freeze(items), next })
}

/** @throws TypeError · ReplicaError VALUE_INVALID · PAGE_INVALID */
export function count(kind: string, index: SortedIndex, query: Query): number {
  const { start, end } = locate(kind, index, query)
  return Math.max(0, end - start)
}

function locate(kind: string, index: SortedIndex, query: Query): Found {
  const equals = (query.equals ?? []).map((value) => cell(kind, value))
  // The key, which comes last, is open to a range in a query without an index only.
  const most = query.index === undefined ? 0 : index.fields.length - 1
  check(equals.length <= most, 'equals', `at most ${most} values for this index`, query.equals)
  const isOpen = equals.length < Math.max(most, 1)
  let start = index.lower(equals)
  let end = index.upper(equals)
  const bound = (name: 'gt' | 'gte' | 'lt' | 'lte'): readonly IndexValue[] | undefined => {
    if (query[name] === undefined) return undefined
    check(isOpen, name, 'a field of the index that equals leaves open', query[name])
    return [...equals, cell(kind, query[name])]
  }
  const [gt, gte, lt, lte] = [bound('gt'), bound('gte'), bound('lt'), bound('lte')]
  if (gt) start = Math.max(start, index.upper(gt))
  if (gte) start = Math.max(start, index.lower(gte))
  if (lt) end = Math.min(end, index.lower(lt))
  if (lte) end = Math.min(end, index.upper(lte))
  const shape = JSON.stringify([query.index, query.order === 'desc', equals])
  if (query.after !== undefined) {
    const place = [...equals, ...readToken(query.after, shape, index.fields.length - equals.length)]
    if (query.order === 'desc') end = Math.min(end, index.lower(place))
    else start = Math.max(start, index.upper(place))
  }
  return { start, end, shape, fixed: equals.length }
}

/** Absent values travel as null. */
function readToken(token: string, shape: string, length: number): readonly IndexValue[] {
  let cells: unknown
  try {
    cells = JSON.parse(token)
  } catch {
    // Refused below, with whatever else is no token.
  }
  const isToken = Array.isArray(cells) && cells.length === length + 1
  if (!isToken) throw badPage('it is not a page token of this query')
  const [tokenShape, ...values] = cells as [unknown, ...(IndexValue | null)[]]
  if (tokenShape !== shape) throw badPage('it belongs to a query with another index, order or equals')
  return values.map((value) => value ?? undefined)
}

function badPage(reason: string): ReplicaError {
  const message = `The page token cannot be used: ${reason}. Pass \`next\` of the page before, or start again without it.`
  return new ReplicaError('PAGE_INVALID', message, { reason })
}

/** A value as an index holds it. */
function cell(kind: string, value: unknown): IndexValue {
  if (isIndexValue(value)) return value
  const reason = `is ${describe(value)}, but an index holds strings, booleans, finite numbers above -1.797e308, or nothing`
  throw new ReplicaError('VALUE_INVALID', `The field "query" of "${kind}" ${reason}.`, { kind, path: '$.query', reason })
}

function isIndexValue(value: unknown): value is IndexValue {
  if (typeof value === 'number') return Number.isFinite(value) && value > -1.7976931348623155e308
  if (typeof value === 'string') return value.length <= 1024 && value.isWellFormed() && !value.includes('\0')
  return value === undefined || typeof value === 'boolean'
}
