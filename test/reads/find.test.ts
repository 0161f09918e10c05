import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type CollectionQuery, type CollectionReads, collection, defineState } from '../../src/index.ts'
import { compareIndexValues, type IndexValue } from '../../src/state/index-order.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf, outcome } from '../support/outcome.ts'
import { host, openSample } from '../support/sample-state.ts'
import { watchStatements } from '../support/statements.ts'

const Cell = z.union([z.string(), z.number(), z.boolean()]).optional()
const Thing = z.object({ id: z.string(), a: Cell, b: Cell })
type Thing = z.infer<typeof Thing>

const indexes = { byA: ['a'], byAB: ['a', 'b'], byB: { fields: ['b'] } } as const
const things = defineState({ name: 'things', version: 1, kinds: { things: collection(Thing, { key: 'id', indexes }) } })

/** In the order of rule V3. */
const cells: readonly IndexValue[] = [
  undefined,
  false,
  true,
  -1.797e308,
  -1e300,
  -1,
  -5e-324,
  0,
  0.5,
  1,
  2 ** 53,
  1e17,
  2 ** 63,
  1e300,
  Number.MAX_VALUE,
  '',
  '0',
  'A',
  'a',
  'aa',
  'b',
  'é',
  '\u007f',
  '\ue000',
  '\uffff',
  '😀',
  '😀a',
]

/** Every combination of two cells, in no order. */
function manyThings(): Thing[] {
  const all = cells.flatMap((a, i) => cells.map((b, j): Thing => ({ id: `${(i * 7 + j * 13) % 10}-${i}-${j}`, a, b })))
  return all.map((_, at) => all[(at * 367) % all.length] as Thing)
}

function compareThings(fields: readonly ('a' | 'b')[]): (x: Thing, y: Thing) => number {
  return (x, y) => {
    for (const field of fields) {
      const order = compareIndexValues(x[field], y[field])
      if (order !== 0) return order
    }
    return x.id < y.id ? -1 : 1
  }
}

function readAll<Output, Indexes>(reads: CollectionReads<Output, Indexes>, query: CollectionQuery<Output, Indexes>): unknown[] {
  const found: unknown[] = []
  for (let after: string | undefined; ;) {
    const page = reads.find({ ...query, ...(after !== undefined && { after }) })
    found.push(...page.items)
    if (page.next === undefined) return found
    after = page.next
  }
}

eachDriver((driver) => {
  describe('find', () => {
    test('[R3] [V3] pages through an index in its order, both ways, ties by key', async () => {
      const store = await openState(things, { driver, memory: true })
      const all = manyThings()
      await store.commit((tx) => all.forEach((thing) => tx.things.put(thing)))
      for (const [index, fields] of [
        ['byA', ['a']],
        ['byAB', ['a', 'b']],
        ['byB', ['b']],
      ] as const) {
        const sorted = all.toSorted(compareThings(fields))
        expect(readAll(store.things, { index, limit: 100 })).toEqual(sorted)
        expect(readAll(store.things, { index, limit: 73, order: 'desc' })).toEqual(sorted.toReversed())
      }
      const byKey = all.toSorted((x, y) => (x.id < y.id ? -1 : 1))
      expect(readAll(store.things, { limit: 50 })).toEqual(byKey)
      expect(readAll(store.things, { limit: 50, order: 'desc' })).toEqual(byKey.toReversed())
    })

    test('[R3] [V3] finds by equality, and by every bound of the field that equality leaves open', async () => {
      const store = await openState(things, { driver, memory: true })
      const all = manyThings()
      await store.commit((tx) => all.forEach((thing) => tx.things.put(thing)))
      const inOrder = all.toSorted(compareThings(['a', 'b']))
      for (const cell of cells) {
        const same = inOrder.filter(({ a }) => compareIndexValues(a, cell) === 0)
        expect(readAll(store.things, { index: 'byAB', equals: [cell] })).toEqual(same)
        expect(store.things.count({ index: 'byAB', equals: [cell] })).toBe(same.length)
        for (const b of [false, 1e17, 'a']) {
          const exactly = same.filter((thing) => compareIndexValues(thing.b, b) === 0)
          expect(store.things.find({ index: 'byAB', equals: [cell, b] }).items).toEqual(exactly)
        }
        if (cell === undefined) continue
        const where = (holds: (order: number) => boolean): Thing[] => inOrder.filter(({ a }) => holds(compareIndexValues(a, cell)))
        const find = (bound: object): unknown[] => readAll(store.things, { index: 'byAB', limit: 1000, ...bound })
        expect(find({ gt: cell })).toEqual(where((order) => order > 0))
        expect(find({ gte: cell })).toEqual(where((order) => order >= 0))
        expect(find({ lt: cell })).toEqual(where((order) => order < 0))
        expect(find({ lte: cell, order: 'desc' })).toEqual(where((order) => order <= 0).toReversed())
      }
      const within = inOrder.filter(({ a, b }) => a === 'a' && typeof b === 'number' && b >= -1 && b < 1e17)
      expect(readAll(store.things, { index: 'byAB', equals: ['a'], gte: -1, lt: 1e17, limit: 2 })).toEqual(within)
      expect(store.things.find({ gt: '3', lt: '4' }).items.map(({ id }) => id[0])).toContain('3')
      expect(store.things.count({ gt: '3', lt: '4' })).toBe(all.filter(({ id }) => id > '3' && id < '4').length)
    })

    test('[R3] [V3] an index is the same whether it was there first or the records were', async () => {
      const bare = defineState({ name: 'things', version: 1, kinds: { things: collection(Thing, { key: 'id' }) } })
      const before = await openState(bare, { driver })
      const all = manyThings()
      await before.commit((tx) => all.forEach((thing) => tx.things.put(thing)))
      await before.close()
      const after = await openState(things, { driver, directory: before.directory })
      expect(readAll(after.things, { index: 'byAB' })).toEqual(all.toSorted(compareThings(['a', 'b'])))
      await after.commit((tx) => all.forEach((thing) => tx.things.put({ ...thing, a: thing.b })))
      const swapped = all.map((thing) => ({ ...thing, a: thing.b })).toSorted(compareThings(['a', 'b']))
      expect(readAll(after.things, { index: 'byAB', order: 'desc' })).toEqual(swapped.toReversed())
    })

    test('[R3] pages go on where they were, whatever is written or deleted between them', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        for (let i = 10; i < 40; i += 1) tx.hosts.put(host(`h${i}`, 'up', { seen: i }))
      })
      const first = store.hosts.find({ index: 'byStatus', equals: ['up'], limit: 10 })
      expect(first.items.at(-1)?.seen).toBe(19)
      await store.commit((tx) => {
        tx.hosts.delete('h19')
        tx.hosts.delete('h20')
        tx.hosts.put(host('a new one', 'up', { seen: 20.5 }))
        tx.hosts.put(host('one before', 'up', { seen: 1 }))
      })
      const second = store.hosts.find({ index: 'byStatus', equals: ['up'], limit: 3, after: first.next ?? '' })
      expect(second.items.map(({ seen }) => seen)).toEqual([20.5, 21, 22])
    })

    test('[R3] [X47] a page is capped, whatever limit is asked for', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        for (let i = 0; i < 1100; i += 1) {
          tx.hosts.put(host(`h${i}`))
          tx.lines.append(`l${i}`)
        }
      })
      const pages = [undefined, NaN, -5, 0, 1, 2.9, 999, 1000, 1e9, Infinity, -Infinity].map((limit) => ({
        ...(limit !== undefined && { limit }),
      }))
      expect(pages.map((query) => store.hosts.find(query).items.length)).toEqual([100, 100, 1, 1, 1, 2, 999, 1000, 1000, 1000, 1])
      expect(pages.map((query) => store.lines.read(query).length)).toEqual([200, 200, 1, 1, 1, 2, 999, 1000, 1000, 1000, 1])
      expect(store.hosts.find({ index: 'byStatus', limit: Infinity }).items).toHaveLength(1000)
    })

    test.runIf(driver === 'node:sqlite')('[X47] a page reads its records and one more, however many there are', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        for (let i = 0; i < 1000; i += 1) tx.hosts.put(host(`h${i}`, 'up', { seen: i }))
      })
      const { seen, stop } = watchStatements()
      for (const query of [{}, { index: 'byStatus', equals: ['up'], gt: 100 }] as const) store.hosts.find({ ...query, limit: 10 })
      stop()
      expect([...seen.rows].filter(([sql]) => sql.includes('LIMIT')).map(([, rows]) => rows)).toEqual([11, 11])
    })

    test('[R3] the last page has no next, also when it is full', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => ['a', 'b', 'c', 'd'].forEach((key) => tx.hosts.put(host(key))))
      const page = store.hosts.find({ limit: 2 })
      expect(page.next).toBeTypeOf('string')
      expect(store.hosts.find({ limit: 2, after: page.next ?? '' })).toEqual({ items: [host('c'), host('d')], next: undefined })
      expect(store.hosts.find({ gt: 'x' })).toEqual({ items: [], next: undefined })
    })

    test('[R3] inside a commit it sees what the commit has written so far', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => ['a', 'b'].forEach((key) => tx.hosts.put(host(key))))
      const { value } = await store.commit((tx) => {
        tx.hosts.put(host('a', 'down'))
        tx.hosts.put(host('c'))
        tx.hosts.delete('b')
        const up = tx.hosts.find({ index: 'byStatus', equals: ['up'] }).items
        return [up, tx.hosts.count({ index: 'byStatus', equals: ['down'] }), tx.hosts.count(), tx.hosts.get('b')]
      })
      expect(value).toEqual([[host('c')], 1, 2, undefined])
    })

    test('[R3] an undeclared index, a wrong page token and a wrong query are refused by name', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => ['a', 'b', 'c'].forEach((key) => tx.hosts.put(host(key, 'up', { seen: 1 }))))
      const find = (query: unknown): unknown => outcome(() => store.hosts.find(query as never))
      const next = store.hosts.find({ index: 'byStatus', equals: ['up'], limit: 1 }).next

      expect(() => store.hosts.find({ index: 'nope' as never })).toThrow('"hosts" has no index "nope"; it declares byStatus, byName.')
      expect(find({ index: 'nope' })).toBe('INDEX_UNKNOWN')
      expect(find({ index: 'constructor' })).toBe('INDEX_UNKNOWN')
      for (const after of ['', 'x', '!!', 'bnVsbA', next?.slice(0, -3), `${next}A`, Buffer.from('["x"]').toString('base64url')]) {
        expect(find({ index: 'byStatus', equals: ['up'], after })).toBe('PAGE_INVALID')
      }
      expect(find({ index: 'byStatus', equals: ['down'], after: next })).toBe('PAGE_INVALID')
      expect(find({ index: 'byStatus', equals: ['up'], order: 'desc', after: next })).toBe('PAGE_INVALID')
      expect(find({ after: next })).toBe('PAGE_INVALID')
      expect(find({ indx: 'byStatus' })).toBe('OPTION_INVALID')
      expect(() => store.hosts.find({ indx: 'byStatus' } as never)).toThrow('did you mean "index"?')
      for (const query of [null, [], 'byStatus', { limit: '5' }, { order: 'up' }, { equals: 'up' }, { equals: ['up'] }, { index: 3 }]) {
        expect(find(query)).toBe('OPTION_INVALID')
      }
      expect(find({ index: 'byStatus', equals: ['up', 1, 2] })).toBe('OPTION_INVALID')
      expect(find({ index: 'byStatus', equals: ['up', 1], gt: 1 })).toBe('OPTION_INVALID')
      for (const cell of [null, {}, NaN, Infinity, -Number.MAX_VALUE, 'a\0b', '\ud800', 1n]) {
        expect(find({ index: 'byStatus', equals: [cell] })).toBe('VALUE_INVALID')
      }
      expect(store.hosts.find({ index: 'byStatus', equals: ['up'], after: next ?? '' }).items).toHaveLength(2)
    })
  })

  describe('a unique index', () => {
    test('[V3] refuses a second holder with the key of the first, and nothing of the commit is applied', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('a', 'up', { name: 'gate' })))
      const error = await failureOf(
        store.commit((tx) => {
          tx.title.set('not applied')
          tx.hosts.put(host('b', 'up', { name: 'gate' }))
        }),
      )
      expect(error).toMatchObject({ code: 'UNIQUE_CONFLICT', details: { kind: 'hosts', index: 'byName', key: 'b', heldBy: 'a' } })
      expect([store.title.get(), store.hosts.count()]).toEqual([undefined, 1])
    })

    test('[V3] lets any number of records be without the field, and lets one keep its own', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        for (const key of ['a', 'b', 'c']) tx.hosts.put(host(key))
        tx.hosts.put(host('d', 'up', { name: '' }))
      })
      await store.commit((tx) => tx.hosts.update('d', (it) => ({ ...it, status: 'down' })))
      const taken = store.commit((tx) => tx.hosts.update('a', (it) => ({ ...it, name: '' })))
      expect(codeOf(await failureOf(taken))).toBe('UNIQUE_CONFLICT')
      await store.commit((tx) => {
        tx.hosts.delete('d')
        tx.hosts.update('a', (it) => ({ ...it, name: '' }))
      })
      expect(store.hosts.find({ index: 'byName', equals: [''] }).items).toEqual([host('a', 'up', { name: '' })])
    })
  })
})
