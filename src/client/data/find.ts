/** Runs a query over a sorted index, with the meaning it has in the store; a text that no index holds is not refused but not found. */
import type { IndexValue } from '../../state/index-order.ts'
import type { Page, Query } from '../../state/query.ts'
import { check, show } from '../given.ts'
import { ReplicaError } from '../replica-error.ts'
import type { SortedIndex } from './sorted-index.ts'

export const queryRules = {
  index: 'a string',
  equals: 'an object',
  gt: 'anything',
  gte: 'anything',
  lt: 'anything',
  lte: 'anything',
  order: 'asc or desc',
  limit: 'a number',
  after: 'a string',
}

/** Where the items of a query stand in an index. */
export interface Range {
  readonly index: SortedIndex<unknown>
  readonly start: number
  readonly end: number
}

/** @throws TypeError · ReplicaError VALUE_INVALID · PAGE_INVALID */
export function find(kind: string, index: SortedIndex<unknown>, query: Query): Page<unknown> {
  const { start, end, shape } = locateQuery(kind, index, query)
  const { equals = [], limit, order } = query
  const count = countOf(limit, 100, end - start)
  const items = order === 'desc' ? index.slice(end - count, end).reverse() : index.slice(start, start + count)
  const isLast = count === end - start
  const next = isLast ? undefined : shape + JSON.stringify(index.tupleOf(items.at(-1)).slice(equals.length))
  return Object.freeze({ items: Object.freeze(items), next })
}

/** How many of `most` items a limit lets through. It is brought into range, never refused: NaN asks for the usual one, less than 1 for one. */
export function countOf(limit: number = Number.NaN, usual: number, most: number): number {
  return Math.min(most, limit < 1 ? 1 : Math.min(1000, Math.floor(limit)) || usual)
}

/** Each bound, and whether items that begin with its value come before the place where it lets through begins or ends. */
const sides = { gt: 1, gte: 0, lt: 0, lte: 1 } as const
const boundNames = Object.keys(sides) as (keyof typeof sides)[]

/** Bounds of the field after those that are fixed, or of several from there on. */
export type Bounds = { -readonly [Name in keyof typeof sides]?: readonly IndexValue[] }

/** The items with these values in the first fields, and within these bounds. */
export function locate(index: SortedIndex<unknown>, equals: readonly IndexValue[], bounds: Bounds): Range {
  let start = index.place(equals, 0)
  let end = index.place(equals, 1)
  for (const name of boundNames) {
    const tuple = bounds[name]
    const place = tuple && index.place([...equals, ...tuple], sides[name])
    if (place === undefined) continue
    if (name.startsWith('g')) start = Math.max(start, place)
    else end = Math.min(end, place)
  }
  return { index, start, end: Math.max(start, end) }
}

/** @throws TypeError · ReplicaError VALUE_INVALID · PAGE_INVALID */
export function locateQuery(kind: string, index: SortedIndex<unknown>, query: Query): Range & { readonly shape: string } {
  const { equals = [], after, order } = query
  const bounds: Bounds = {}
  for (const name of boundNames) if (query[name] !== undefined) bounds[name] = [cell(kind, query[name])]
  // The key, which comes last, is for a range in a query without an index only.
  const most = query.index ? index.fields.length - 1 : 1
  check(equals.length + (Object.keys(bounds)[0] ? 1 : 0) <= most, 'equals', `at most ${most} values with the range`, equals)
  const shape = JSON.stringify([query.index, order === 'desc', equals])
  // It is within the bounds, and closer.
  if (after !== undefined) bounds[order === 'desc' ? 'lt' : 'gt'] = readToken(after, shape)
  const fixed = equals.map((value) => cell(kind, value))
  return { ...locate(index, fixed, bounds), shape }
}

/** Where the page before ended. Absent values travel as null. */
function readToken(token: string, shape: string): readonly IndexValue[] {
  try {
    if (token.startsWith(shape)) return (JSON.parse(token.slice(shape.length)) as (IndexValue | null)[]).map((value) => value ?? undefined)
  } catch {
    // A part of one is none either.
  }
  const reason = 'is none of this query'
  throw new ReplicaError('PAGE_INVALID', `The token ${reason}. Pass "next".`, { reason })
}

/** A value as an index may hold it; a text that it never does is simply not found. */
function cell(kind: string, value: unknown): IndexValue {
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as IndexValue
  const reason = `${show(value)} is in no index`
  throw new ReplicaError('VALUE_INVALID', `${reason}. Ask for a string, boolean or number.`, {
    kind,
    path: '$.query',
    reason,
  })
}
