import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Connection } from '../../sqlite/driver.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { createColumns } from './columns.ts'
import type { CollectionLayout } from './tables.ts'

const layout: CollectionLayout = {
  fields: ['a', 'b'],
  indexes: [
    { name: 'byA', number: 0, fields: ['a'], unique: false },
    { name: 'byAB', number: 1, fields: ['a', 'b'], unique: true },
    { name: 'byB', number: 4, fields: ['b'], unique: true },
  ],
  nextIndex: 5,
}
const columns = createColumns(1, 'things', layout)
const [absent, no, yes] = [-Infinity, -1.7976931348623157e308, -1.7976931348623155e308]

let connection: Connection

beforeEach(async () => {
  connection = (await loadDriver('node:sqlite')).open({ file: ':memory:' })
  connection.exec('CREATE TABLE k1 (key, f0, f1, u1, u4)')
})

afterEach(() => connection.close())

test('[V3] cells of a value: each field, then the ties of unique indexes, which are the key where a field is absent', () => {
  expect(columns.names).toEqual(['f0', 'f1', 'u1', 'u4'])
  expect(columns.columnsOf('k', { a: 'x', b: 1 })).toEqual(['x', 1, '', ''])
  expect(columns.columnsOf('k', { a: true, b: false, c: 'not indexed' })).toEqual([yes, no, '', ''])
  expect(columns.columnsOf('k', { a: '' })).toEqual(['', absent, 'k', 'k'])
  expect(columns.columnsOf('k', { b: -0 })).toEqual([absent, 0, 'k', ''])
  expect(columns.columnsOf('k', { a: undefined, b: undefined })).toEqual([absent, absent, 'k', 'k'])
})

test('[V3] a cell that no index can hold is refused with its field', () => {
  for (const a of [null, {}, [], NaN, 1n, -Number.MAX_VALUE, '\ud800', 'a\0']) {
    expect(() => columns.columnsOf('k', { a, b: 1 })).toThrow(/The field "a" of "things" /)
  }
})

test('a collection without indexes has no cells, whatever its values are', () => {
  const bare = createColumns(1, 'things', { fields: [], indexes: [], nextIndex: 0 })
  expect([bare.names, bare.columnsOf('k', null), bare.columnsOf('k', 5)]).toEqual([[], [], []])
})

test('[V3] who holds the values of a unique index, and of which one', () => {
  const insert = connection.prepare('INSERT INTO k1 VALUES (?, ?, ?, ?, ?)')
  insert.run('first', ...columns.columnsOf('first', { a: 'x', b: 1 }))
  insert.run('absent', ...columns.columnsOf('absent', { a: 'x' }))
  const find = (key: string, value: object): unknown => columns.findConflict(connection, key, columns.columnsOf(key, value))
  expect(find('second', { a: 'x', b: 1 })).toEqual({ index: 'byAB', heldBy: 'first' })
  expect(find('second', { a: 'y', b: 1 })).toEqual({ index: 'byB', heldBy: 'first' })
  expect(find('second', { a: 'x', b: 2 })).toBeUndefined()
  expect(find('second', { a: 'x' })).toBeUndefined()
  expect(find('first', { a: 'x', b: 1 })).toBeUndefined()
})
