import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSortedIndex } from './sorted-index.ts'

interface Item {
  readonly group: number
  readonly id: number
}

const inOrder = (a: Item, b: Item): number => a.group - b.group || a.id - b.id

/** Spans of numbers that come and go together, so that runs grow, are cut, and become empty. */
const steps = fc.array(fc.record({ from: fc.nat(3000), many: fc.integer({ min: 1, max: 1500 }), isGone: fc.boolean() }), {
  minLength: 4,
  maxLength: 14,
})

test('[V3] it holds what a sorted list holds, in its order, however many come and go', () => {
  let most = 0
  fc.assert(
    fc.property(steps, fc.array(fc.nat(6000), { minLength: 6, maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (spans, places, groups) => {
      const index = createSortedIndex<Item>(['group', 'id'], [])
      const items = new Map<number, Item>()
      for (const { from, many, isGone } of spans) {
        for (let id = from; id < from + many; id += 1) {
          const item = items.get(id) ?? { group: id % groups, id }
          if (items.has(id)) index.remove(item)
          items.delete(id)
          if (isGone) continue
          index.add(item)
          items.set(id, item)
        }
      }
      const list = [...items.values()].toSorted(inOrder)
      most = Math.max(most, list.length)
      expect(index.slice(0, Infinity)).toEqual(list)
      for (const place of places) {
        const tuple = [place % groups, place]
        const before = (below: number): number => list.filter((item) => inOrder(item, { group: place % groups, id: place }) < below).length
        expect([index.place(tuple, 0), index.place(tuple, 1)]).toEqual([before(0), before(1)])
        const [start = 0, end = 0] = [place, places[0] ?? 0].toSorted((a, b) => a - b)
        expect(index.slice(start, end)).toEqual(list.slice(start, end))
        expect(index.place([place % groups], 1)).toBe(list.filter(({ group }) => group <= place % groups).length)
      }
    }),
    { numRuns: 40 },
  )
  // Many runs of it.
  expect(most).toBeGreaterThan(2000)
})

test('of places the wrong way round there is nothing', () => {
  const index = createSortedIndex<Item>(['group', 'id'], [{ group: 1, id: 1 }])
  expect([index.slice(1, 0), index.slice(5, 9), index.slice(0, -3)]).toEqual([[], [], []])
  expect(index.tupleOf({ group: 2, id: 3 })).toEqual([2, 3])
})
