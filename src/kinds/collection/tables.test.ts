import { expect, test } from 'vitest'
import { z } from 'zod'
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { collection, type IndexDeclarations } from '../../state/collection-kind.ts'
import { type CollectionLayout, columnNames, indexColumns, layoutOf, layoutOfNew, planCollection } from './tables.ts'

const Thing = z.object({ id: z.string(), a: z.string().optional(), b: z.number().optional(), c: z.boolean().optional() })
type Indexes = IndexDeclarations<z.infer<typeof Thing>>

const plan = (stored: StoredKind | undefined, indexes: Indexes): TablePlan =>
  planCollection(1, stored, collection(Thing, { key: 'id', indexes }))
const storedAs = ({ description }: TablePlan): StoredKind => ({
  id: 1,
  name: 'things',
  description: JSON.parse(JSON.stringify(description)) as never,
})
const layout = (of: TablePlan): CollectionLayout => layoutOf(storedAs(of))

test('[M6] a new collection gets a column for each field once, and a tie for each unique index', () => {
  const made = plan(undefined, { byA: ['a'], byAB: ['a', 'b'], byB: { fields: ['b'], unique: true } })
  expect(layout(made)).toEqual({
    fields: ['a', 'b'],
    indexes: [
      { name: 'byA', number: 0, fields: ['a'], unique: false },
      { name: 'byAB', number: 1, fields: ['a', 'b'], unique: false },
      { name: 'byB', number: 2, fields: ['b'], unique: true },
    ],
    nextIndex: 3,
  })
  expect(columnNames(layout(made))).toEqual(['f0', 'f1', 'u2'])
  expect(layout(made).indexes.map((index) => indexColumns(layout(made), index))).toEqual([
    ['f0', 'key'],
    ['f0', 'f1', 'key'],
    ['f1', 'u2'],
  ])
  expect(layoutOfNew(collection(Thing, { key: 'id', indexes: { byA: ['a'] } }))).toEqual(layout(plan(undefined, { byA: ['a'] })))
})

test('[M6] the same declaration again, in another order or with fewer indexes, is nothing to do', () => {
  const made = plan(undefined, { byA: ['a'], byB: { fields: ['b'], unique: true } })
  for (const indexes of [
    { byA: ['a'], byB: { fields: ['b'], unique: true } },
    { byB: { fields: ['b'], unique: true }, byA: { fields: ['a'] } },
    {},
  ]) {
    const again = plan(storedAs(made), indexes as Indexes)
    expect(again.steps).toEqual([])
    expect(again.description).toEqual(made.description)
  }
  expect(plan(storedAs(made), { byA: ['a'] }).kept).toEqual(['byB'])
})

test('[M6] a layout only grows, and a number is never given twice', () => {
  const first = plan(undefined, { byA: ['a'] })
  const second = plan(storedAs(first), { byA: ['a', 'b'], byC: ['c'] })
  expect(layout(second)).toEqual({
    fields: ['a', 'b', 'c'],
    indexes: [
      { name: 'byA', number: 1, fields: ['a', 'b'], unique: false },
      { name: 'byC', number: 2, fields: ['c'], unique: false },
    ],
    nextIndex: 3,
  })
  const third = plan(storedAs(second), { byA: { fields: ['a', 'b'], unique: true } })
  expect(layout(third).indexes).toEqual([
    { name: 'byC', number: 2, fields: ['c'], unique: false },
    { name: 'byA', number: 3, fields: ['a', 'b'], unique: true },
  ])
  expect(third.kept).toEqual(['byC'])
  expect(third.description['indexes']).toEqual({ byC: { fields: ['c'], unique: false }, byA: { fields: ['a', 'b'], unique: true } })
})

test('[M6] every way from one declaration to another leads to tables that fit', async () => {
  const declarations: Indexes[] = [
    {},
    { byA: ['a'] },
    { byA: ['b', 'a'], byC: { fields: ['c'], unique: true } },
    { byA: { fields: ['a'], unique: true }, byB: ['b'] },
    { byC: ['c', 'a', 'b'] },
  ]
  const driver = await loadDriver('node:sqlite')
  for (const from of declarations) {
    for (const to of declarations) {
      const connection = driver.open({ file: ':memory:' })
      let stored: StoredKind | undefined
      for (const indexes of [from, to, from, to]) {
        const made = plan(stored, indexes)
        made.steps.forEach(([sql, ...binds]) => connection.prepare(sql).run(...binds))
        stored = storedAs(made)
        const columns = connection.prepare("SELECT name FROM pragma_table_info('k1') ORDER BY cid").all().flat()
        const expected = ['row', 'key', 'value', 'revision', 'at', 'crc', ...columnNames(layoutOf(stored))]
        expect(new Set(columns)).toEqual(new Set(expected))
        const there = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'k1_*'").all().flat()
        expect(new Set(there)).toEqual(new Set(layoutOf(stored).indexes.map(({ number }) => `k1_i${number}`)))
      }
      connection.close()
    }
  }
})

test('a field that cannot be a JSON path is refused by name', () => {
  for (const field of ['a"b', 'a\\b', 'a\nb', '', 'x'.repeat(201), '\ud800']) {
    expect(() => plan(undefined, { byIt: [field] } as never)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  }
  for (const field of ['a.b', 'a b', 'é😀', '$', '[0]', "it's", '__proto__']) {
    expect(layout(plan(undefined, { byIt: [field] } as never)).fields).toEqual([field])
  }
})
