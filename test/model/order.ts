/** The order of records in an index and what a query finds, over plain arrays; written apart from the store's own. */
import type { Cell, Item } from './state.ts'

export interface ModelQuery {
  readonly index?: 'byGroup' | 'byName'
  readonly equals?: readonly (Cell | undefined)[]
  readonly gt?: Cell
  readonly gte?: Cell
  readonly lt?: Cell
  readonly lte?: Cell
  readonly order?: 'asc' | 'desc'
}

const fieldsOf = { byGroup: ['group', 'rank'], byName: ['name'] } as const

/** Absent < false < true < numbers < strings by code point. */
export function compareCells(a: Cell | undefined, b: Cell | undefined): number {
  if (sortOf(a) !== sortOf(b)) return sortOf(a) - sortOf(b)
  if (typeof a === 'number') return a - (b as number)
  if (typeof a === 'string') return comparePoints(a, b as string)
  return 0
}

function sortOf(cell: Cell | undefined): number {
  if (typeof cell === 'string') return 4
  if (typeof cell === 'number') return 3
  return cell === undefined ? 0 : cell ? 2 : 1
}

export function comparePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = ((left[at] as string).codePointAt(0) as number) - ((right[at] as string).codePointAt(0) as number)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Everything a query finds, on all its pages. */
export function findAll(items: readonly Item[], { index, equals = [], gt, gte, lt, lte, order = 'asc' }: ModelQuery): Item[] {
  const fields: readonly (keyof Item)[] = index === undefined ? ['id'] : fieldsOf[index]
  const open = fields[equals.length]
  const found = items.filter((item) => {
    if (!equals.every((wanted, at) => compareCells(item[fields[at] as keyof Item], wanted) === 0)) return false
    if (open === undefined) return true
    const cell = item[open]
    return (
      (gt === undefined || compareCells(cell, gt) > 0) &&
      (gte === undefined || compareCells(cell, gte) >= 0) &&
      (lt === undefined || compareCells(cell, lt) < 0) &&
      (lte === undefined || compareCells(cell, lte) <= 0)
    )
  })
  const compare = (a: Item, b: Item): number => {
    for (const field of fields) {
      const difference = compareCells(a[field], b[field])
      if (difference !== 0) return difference
    }
    return comparePoints(a.id, b.id)
  }
  return found.toSorted((a, b) => (order === 'asc' ? compare(a, b) : compare(b, a)))
}
