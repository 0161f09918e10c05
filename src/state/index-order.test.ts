import fc from 'fast-check'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HoldfastError } from '../base/error.ts'
import { compareIndexValues, type IndexValue, toIndexColumn } from './index-order.ts'

const where = { kind: 'hosts', index: 'byStatus', field: 'status' }

/** One of each step of the order, and of each boundary inside a step. */
const ascending: readonly IndexValue[] = [
  undefined,
  false,
  true,
  -1.7976931348623153e308,
  -1e308,
  -(2 ** 53),
  -1,
  -5e-324,
  0,
  5e-324,
  0.1,
  1,
  1.5,
  2 ** 53,
  2 ** 63,
  Number.MAX_VALUE,
  '',
  '\u0001',
  ' ',
  '0',
  '1',
  '10',
  '9',
  'A',
  'Z',
  'a',
  'a\u0001',
  'aa',
  'z',
  '\u007f',
  '\u0080',
  'é',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10000}\uffff',
  '\u{10000}\u{10000}',
  '\u{10ffff}',
]

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'), maxLength: 4 }),
)
const indexValue: fc.Arbitrary<IndexValue> = fc.oneof(
  fc.constantFrom(...ascending),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value > -1.7976931348623155e308),
  fc.integer(),
  fc.boolean(),
  text.filter((value) => !value.includes('\0')),
)

function refusal(value: unknown): unknown {
  try {
    toIndexColumn(value, where)
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'VALUE_INVALID') return error.details
    throw error
  }
  throw new Error('nothing was refused')
}

let database: DatabaseSync

beforeAll(() => {
  const sqlite = process.getBuiltinModule('node:sqlite')
  database = new sqlite.DatabaseSync(':memory:')
  database.exec('CREATE TABLE record (at INTEGER PRIMARY KEY, f0, f1); CREATE INDEX by_fields ON record (f0, f1)')
})

afterAll(() => database.close())

/** Positions of the tuples as SQLite orders them by index, equal ones by position. */
function orderInSqlite(tuples: readonly (readonly IndexValue[])[]): unknown[] {
  database.exec('DELETE FROM record')
  const insert = database.prepare('INSERT INTO record VALUES (?, ?, ?)')
  for (const [at, [f0, f1]] of tuples.entries()) insert.run(at, toIndexColumn(f0, where), toIndexColumn(f1, where))
  return database
    .prepare('SELECT at FROM record INDEXED BY by_fields ORDER BY f0, f1, at')
    .all()
    .map((row) => row['at'])
}

test('[V3] absent < false < true < numbers < strings by code point', () => {
  for (const [at, value] of ascending.entries()) {
    for (const [otherAt, other] of ascending.entries()) {
      expect([value, other, Math.sign(compareIndexValues(value, other))]).toEqual([value, other, Math.sign(at - otherAt)])
    }
  }
})

test('[V3] SQLite orders the columns the same', () => {
  const tuples = ascending.flatMap((first) => ascending.map((second) => [first, second]))
  expect(orderInSqlite(tuples)).toEqual(tuples.map((_, at) => at))
})

test('[V3] any records are in the same order in SQLite and in memory', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(indexValue, indexValue), { minLength: 2, maxLength: 30 }), (tuples) => {
      const inMemory = tuples.map((_, at) => at).toSorted((a, b) => compareIndexTuples(tuples[a] ?? [], tuples[b] ?? []) || a - b)
      expect(orderInSqlite(tuples)).toEqual(inMemory)
    }),
    { numRuns: 300 },
  )
})

test('[V3] any two tuples compare the same in SQLite, as row values and one by one', () => {
  const compare = database.prepare('SELECT (?1, ?2) < (?3, ?4) AS less, (?1, ?2) > (?3, ?4) AS more, ?1 = ?3 AS same')
  const reached = { less: 0, more: 0, same: 0 }
  fc.assert(
    fc.property(indexValue, indexValue, indexValue, indexValue, (a0, a1, b0, b1) => {
      const row = compare.get(...[a0, a1, b0, b1].map((value) => toIndexColumn(value, where)))
      const order = compareIndexTuples([a0, a1], [b0, b1])
      expect(row).toEqual({ less: Number(order < 0), more: Number(order > 0), same: Number(compareIndexValues(a0, b0) === 0) })
      reached.less += Number(order < 0)
      reached.more += Number(order > 0)
      reached.same += Number(row?.['same'])
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(reached.less, reached.more, reached.same)).toBeGreaterThan(20)
})

test('[V3] what SQLite keeps of a column is the value itself', () => {
  for (const value of ascending) {
    const column = toIndexColumn(value, where)
    const kept = database.prepare('SELECT ? AS kept').get(column)?.['kept']
    expect(kept).toBe(column)
    if (typeof value === 'string' || typeof value === 'number') expect(column).toBe(value)
  }
  expect(Object.is(toIndexColumn(-0, where), 0)).toBe(true)
})

test('[V3] the three values before the numbers are three neighbouring columns', () => {
  expect([undefined, false, true].map((value) => toIndexColumn(value, where))).toEqual([
    -Infinity,
    -1.7976931348623157e308,
    -1.7976931348623155e308,
  ])
  const next = new DataView(new ArrayBuffer(8))
  next.setFloat64(0, -Number.MAX_VALUE)
  next.setBigUint64(0, next.getBigUint64(0) - 1n)
  expect(toIndexColumn(true, where)).toBe(next.getFloat64(0))
})

test('[V3] a tuple that begins another comes before it', () => {
  expect(compareIndexTuples([], [])).toBe(0)
  expect(compareIndexTuples(['a'], ['a', undefined])).toBeLessThan(0)
  expect(compareIndexTuples(['a', 1], ['a'])).toBeGreaterThan(0)
  expect(compareIndexTuples(['b'], ['a', 1])).toBeGreaterThan(0)
})

test.each([
  null,
  {},
  [],
  ['a'],
  new Date(),
  1n,
  Symbol('s'),
  () => 1,
  Number.NaN,
  Infinity,
  -Infinity,
  -Number.MAX_VALUE,
  -1.7976931348623155e308,
])('[V3] refuses what no index holds: %#', (value) => {
  expect(refusal(value)).toMatchObject({ kind: 'hosts', path: '$.status', reason: expect.stringContaining('but an index holds') })
})

test.each([
  ['a\0b', 'contains a NUL character'],
  ['\ud800', 'contains half of a surrogate pair'],
  ['x'.repeat(1025), 'has 1025 characters, more than 1024'],
])('[V3] refuses a string that is no key text: %#', (value, reason) => {
  expect(refusal(value)).toEqual({ kind: 'hosts', path: '$.status', reason })
})

test('[V3] the message names field, index and kind', () => {
  expect(() => toIndexColumn(null, where)).toThrow('The field "status" in the index "byStatus" of "hosts" is null, but an index holds')
  expect(() => toIndexColumn(1n, { kind: 'hosts', field: 'a' })).toThrow('The field "a" of "hosts" is 1n (bigint), but')
  expect(() => toIndexColumn('\0', where)).toThrow('The field "status" in the index "byStatus" of "hosts" contains a NUL character')
})

/** Compares field by field; of two tuples of which one begins the other, the shorter comes first. */
function compareIndexTuples(a: readonly IndexValue[], b: readonly IndexValue[]): number {
  const shared = Math.min(a.length, b.length)
  for (let field = 0; field < shared; field++) {
    const order = compareIndexValues(a[field], b[field])
    if (order !== 0) return order
  }
  return a.length - b.length
}
