/**
 * Items in the order of some of their fields (rule V3), the last of which tells them apart.
 *
 * They stand in runs of at most 512, so that putting one in or taking one out moves few others, however many there are. A place is the
 * number of items before it.
 */
import { compareIndexValues, type IndexValue } from '../../state/index-order.ts'

const longestRun = 512

/** An item as far as an index looks at it. */
export type Indexed = { readonly [field: string]: IndexValue }

export interface SortedIndex<Item> {
  readonly fields: readonly string[]
  add(item: Item): void
  remove(item: Item): void
  /** What places an item. */
  tupleOf(item: Item): readonly IndexValue[]
  /** How many items come before this tuple of the first fields (`below` 0), or also begin with it (1). */
  place(tuple: readonly IndexValue[], below: 0 | 1): number
  /** The items from one place to another; none where these are the wrong way round. */
  slice(start: number, end: number): Item[]
}

export function createSortedIndex<Item>(fields: readonly string[], items: readonly Item[]): SortedIndex<Item> {
  /** None is empty but the first. */
  const runs: Item[][] = [[]]

  const tupleOf = (item: Item): readonly IndexValue[] => fields.map((field) => (item as Indexed)[field])

  const compare = (item: Item, tuple: readonly IndexValue[]): number => {
    for (let at = 0; at < tuple.length; at++) {
      const order = compareIndexValues((item as Indexed)[fields[at] as string], tuple[at])
      if (order !== 0) return order
    }
    return 0
  }

  /** The run, and the place in it, behind all items that compare lower than `below`. */
  const locate = (tuple: readonly IndexValue[], below: 0 | 1): readonly [run: number, at: number] => {
    const isBefore = (item: Item | undefined): boolean => compare(item as Item, tuple) < below
    const run = countWhile(runs.length - 1, (number) => isBefore(runs[number + 1]?.[0]))
    const items = runs[run] as Item[]
    return [run, countWhile(items.length, (number) => isBefore(items[number]))]
  }

  const place = (tuple: readonly IndexValue[], below: 0 | 1): number => {
    const [run, at] = locate(tuple, below)
    return runs.slice(0, run).reduce((sum, { length }) => sum + length, at)
  }

  const add = (item: Item): void => {
    const [run, at] = locate(tupleOf(item), 0)
    const items = runs[run] as Item[]
    items.splice(at, 0, item)
    if (items.length > longestRun) runs.splice(run + 1, 0, items.splice(longestRun / 2))
  }

  const remove = (item: Item): void => {
    const [run, at] = locate(tupleOf(item), 1)
    const items = runs[run] as Item[]
    items.splice(at - 1, 1)
    if (run > 0 && items.length === 0) runs.splice(run, 1)
  }

  const slice = (start: number, end: number): Item[] => {
    const found: Item[] = []
    let offset = 0
    for (const items of runs) {
      if (offset < end) found.push(...items.slice(Math.max(0, start - offset), end - offset))
      offset += items.length
    }
    return found
  }

  items.forEach(add)
  return { fields, add, remove, tupleOf, slice, place }
}

/** How many of the first numbers pass; those that do come before those that do not. */
function countWhile(count: number, passes: (number: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(middle)) low = middle + 1
    else high = middle
  }
  return low
}
