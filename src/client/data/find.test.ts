import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openState } from '../../../test/support/open-state.ts'
import { cursor } from '../../../test/support/scripted-wire.ts'
import { collection } from '../../state/collection-kind.ts'
import { defineState } from '../../state/define-state.ts'
import { document } from '../../state/document-kind.ts'
import { log } from '../../state/log-kind.ts'
import { describeKind } from '../../state/description.ts'
import { encodeCommit, decodeCommit } from '../../protocol/commit-text.ts'
import type { Commit } from '../../state/change.ts'
import { DataSet } from './data-set.ts'
import type { HeldKind } from './held-kind.ts'
import type { Page, Query } from '../../state/query.ts'

const cell = z.union([z.string(), z.number(), z.boolean()]).optional()
const state = defineState({
  name: 'orders',
  version: 1,
  kinds: {
    rows: collection(z.object({ id: z.string(), a: cell, b: cell }), {
      key: 'id',
      indexes: { byA: ['a'], byAb: ['a', 'b'], byId: ['id', 'a'], one: { fields: ['b', 'id'], unique: true } },
    }),
    title: document(z.string()),
    lines: log(z.number(), { retention: { entries: 40, entriesPerStream: 16 } }),
  },
})

const cells = fc.oneof(
  fc.constantFrom<string | number | boolean | undefined>(undefined, true, false, 0, 1, -1.5, 1e308, '', 'a', 'b', '\uffee', '\u{1f642}'),
  fc.string({ unit: 'grapheme', maxLength: 2 }).filter((text) => text.isWellFormed() && !text.includes('\0')),
)
const keys = fc.constantFrom('a', 'b', 'B', '\uffee', '\u{1f642}', 'é', 'aa', '10', '9', ' ')

const writes = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('put' as const), id: keys, a: cells, b: cells }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), id: keys }) },
)

const queries: fc.Arbitrary<Query> = fc
  .record({
    index: fc.constantFrom(undefined, 'byA', 'byAb', 'byId', 'one'),
    fixed: fc.array(cells, { maxLength: 2 }),
    bound: fc.constantFrom('gt', 'gte', 'lt', 'lte'),
    bounds: fc.array(cells, { maxLength: 2 }),
    order: fc.constantFrom('asc', 'desc', undefined),
    limit: fc.constantFrom(1, 2, 3, 100, undefined, Number.NaN, -4, 2.9),
  })
  .map(({ index, fixed, bound: name, bounds, order, limit }) => {
    const most = index === undefined ? 0 : index === 'byA' ? 1 : 2
    const equals = fixed.slice(0, most)
    const isOpen = equals.length < Math.max(1, most)
    // Bounds of the key are strings, by type.
    const usable = most === 0 ? bounds.filter((bound) => typeof bound === 'string') : bounds
    const [low, high] = isOpen ? usable : []
    return { index, ...(most === 0 ? {} : { equals }), [name]: low, ...(high === undefined ? {} : { lte: high }), order, limit }
  })

/** A data set that follows a store, through the texts that travel. */
function createFollower(): { readonly data: DataSet; readonly apply: (commit: Commit<unknown>) => void } {
  const kinds = Object.fromEntries(Object.entries(state.kinds).map(([name, kind]) => [name, describeKind(kind as never)]))
  const data = new DataSet({ holdfast: 1, state: { name: 'orders', version: 1 }, cursor: cursor(0), kinds }, () => undefined)
  return { data, apply: (commit) => data.apply(decodeCommit(commit.cursor, encodeCommit(commit as never))) }
}

interface AnyReads {
  find(query: Query): Page<unknown>
  count(query: Query): number
}

function allPages(reads: AnyReads, query: Query): unknown[] {
  const items: unknown[] = []
  for (let after: string | undefined, pages = 0; pages < 50; pages += 1) {
    const page = reads.find({ ...query, after })
    items.push(page.items)
    if (page.next === undefined) return items
    after = page.next
  }
  throw new Error('The pages do not end.')
}

test("[V3] find and count answer in the server's order, page by page", async () => {
  const reached = { pages: 0, items: 0, descending: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(writes, { minLength: 1, maxLength: 25 }),
      fc.array(queries, { minLength: 1, maxLength: 8 }),
      async (steps, asked) => {
        const store = await openState(state, { memory: true })
        const follower = createFollower()
        const rows = follower.data.kinds.get('rows') as HeldKind
        const commits = store.follow({ after: store.cursor })
        for (const [at, step] of steps.entries()) {
          const { changed } = await store
            .commit((tx) => {
              if (step.op === 'delete') tx.rows.delete(step.id)
              else tx.rows.put({ id: step.id, a: step.a, b: step.b })
            })
            .catch(() => ({ changed: false }))
          if (changed) follower.apply((await commits.next()).value as Commit<unknown>)
          // Indexes are built on the way, and kept up from then on.
          const query = asked[at % asked.length] as Query
          const expected = allPages(store.rows as unknown as AnyReads, query)
          expect(allPages(rows, query)).toEqual(expected)
          expect(rows.count(query)).toBe((store.rows as unknown as AnyReads).count(query))
          reached.pages += expected.length
          reached.items += expected.flat().length
          if (query.order === 'desc') reached.descending += expected.flat().length
        }
        expect(rows.size).toBe(store.rows.count())
        await commits.return()
        await store.close()
      },
    ),
    { numRuns: 150 },
  )
  expect(reached.items).toBeGreaterThan(200)
  expect(reached.descending).toBeGreaterThan(50)
  expect(reached.pages).toBeGreaterThan(100)
})

test('[H2] a log reads as on the server, appended to and trimmed', async () => {
  const steps = fc.array(fc.record({ stream: fc.constantFrom('', 'a', 'b'), many: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  const number = fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined })
  const asked = fc.record({
    stream: fc.constantFrom(undefined, 'a', 'b', 'no'),
    after: number,
    before: number,
    limit: fc.constantFrom(undefined, 1, 5, Number.NaN, 0),
  })
  let trims = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.array(asked, { minLength: 1, maxLength: 6 }), async (appends, questions) => {
      const store = await openState(state, { memory: true })
      const follower = createFollower()
      const lines = follower.data.kinds.get('lines') as HeldKind
      const commits = store.follow({ after: store.cursor, kinds: ['lines'] })
      for (const { stream, many } of appends) {
        await store.commit((tx) => {
          for (let at = 0; at < many; at += 1) tx.lines.append(at, { stream })
        })
        const commit = (await commits.next()).value as Commit<unknown>
        trims += commit.changes.filter((change) => (change as { op: string }).op === 'trim').length
        follower.apply(commit)
        for (const question of questions) expect(lines.read(question)).toEqual(store.lines.read(question))
        for (const of of [undefined, '', 'a', 'no']) {
          const query = of === undefined ? {} : { stream: of }
          expect(lines.count(query)).toBe(store.lines.count(query))
        }
      }
      await commits.return()
      await store.close()
    }),
    { numRuns: 40 },
  )
  expect(trims).toBeGreaterThan(10)
})

function fill(count: number): { readonly data: DataSet; readonly rows: HeldKind } {
  const { data } = createFollower()
  const rows = data.kinds.get('rows') as HeldKind
  for (let at = 0; at < count; at += 1) rows.load([`k${at}`, 1, 1000, { id: `k${at}`, a: (at * 7919) % count }], undefined)
  return { data, rows }
}

test('[R3] an index that is not declared is refused with those that are', () => {
  const { rows } = fill(3)
  expect(() => rows.find({ index: 'nope' })).toThrow(
    expect.objectContaining({ code: 'INDEX_UNKNOWN', details: { kind: 'rows', index: 'nope', declared: ['byA', 'byAb', 'byId', 'one'] } }),
  )
  expect(() => rows.find({ index: 'constructor' })).toThrow(expect.objectContaining({ code: 'INDEX_UNKNOWN' }))
})

test('[R3] the token of another query, and no token at all, are refused', () => {
  const { rows } = fill(5)
  const { next } = rows.find({ index: 'byA', limit: 2 })
  expect(rows.find({ index: 'byA', limit: 2, after: next }).items).toHaveLength(2)
  for (const query of [{ index: 'byAb' }, { index: 'byA', order: 'desc' as const }, { index: 'byA', equals: [1] }, {}]) {
    expect(() => rows.find({ ...query, after: next })).toThrow(expect.objectContaining({ code: 'PAGE_INVALID' }))
  }
  for (const after of ['', 'x', '[]', 'null', '["a","b","c"]']) {
    expect(() => rows.find({ index: 'byA', after })).toThrow(expect.objectContaining({ code: 'PAGE_INVALID' }))
  }
})

test('misuse of a query is a TypeError that says what was expected', () => {
  const { rows } = fill(1)
  expect(() => rows.find({ idnex: 'byA' } as never)).toThrow(TypeError)
  expect(() => rows.find({ index: 'byA', equals: [1, 2] })).toThrow('Expected "equals" to be at most 1 values with the range, got object')
  expect(() => rows.find({ index: 'byA', equals: [1], gt: 3 })).toThrow(
    'Expected "equals" to be at most 1 values with the range, got object',
  )
  expect(() => rows.find({ order: 'up' as never })).toThrow(TypeError)
  expect(() => rows.find({ limit: '5' as never })).toThrow(TypeError)
  for (const value of [null, Number.NaN, Infinity, -Infinity, {}]) {
    expect(() => rows.find({ index: 'byA', equals: [value] })).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  }
})

test('[R2] what is found is frozen, and the same objects while they do not change', () => {
  const { data, rows } = fill(3)
  const first = rows.find({ index: 'byA' })
  expect(Object.isFrozen(first) && Object.isFrozen(first.items)).toBe(true)
  const other = rows.entry('k1')?.value
  data.apply(decodeCommit(cursor(2), JSON.stringify([2000, ['rows', 'k0', { id: 'k0', a: 99 }]])))
  const second = rows.find({ index: 'byA' })
  expect(rows.entry('k1')?.value).toBe(other)
  expect(second.items).toContain(other)
  expect(second.items).not.toContain(first.items[0])
  const changed = rows.entry('k0')?.value as { a: number }
  expect(() => (changed.a = 1)).toThrow(TypeError)
})

test('[V3] a commit that changes very many records leaves the indexes right', () => {
  const { data, rows } = fill(2000)
  rows.find({ index: 'byA' })
  const rowsOf = (many: number): unknown[] => Array.from({ length: many }, (_, at) => ['rows', `k${at}`, { id: `k${at}`, a: -at }])
  for (const [revision, many] of [
    [2, 600],
    [3, 100],
    [4, 1900],
  ] as const) {
    data.apply(decodeCommit(cursor(revision), JSON.stringify([2000, ...rowsOf(many)])))
    const values = rows.find({ index: 'byA', limit: 1000 }).items.map((item) => (item as { a: number }).a)
    expect(values).toEqual(values.toSorted((a, b) => a - b))
    expect(rows.count({ index: 'byA' })).toBe(2000)
  }
})

test('changes of kinds that are not held are passed over', () => {
  const { data } = fill(1)
  data.apply(decodeCommit(cursor(2), JSON.stringify([2000, ['others', 'a', 1], ['title', '', 'hello']])))
  expect((data.kinds.get('title') as HeldKind).entry('')?.value).toBe('hello')
  expect(data.revision).toBe(2)
})
