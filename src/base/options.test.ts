import { expect, test } from 'vitest'
import { anything, checkOptions, flag, fn, integer, object, oneOf, orNull, signal, text } from './options.ts'

const rules = {
  driver: oneOf(['node:sqlite', 'better-sqlite3']),
  timeoutMs: integer({ min: 0 }),
  limit: integer({ min: 1, max: 1000 }),
  label: text(),
  memory: flag(),
  report: fn(),
  history: object(),
  signal: signal(),
  expect: orNull(integer({ min: 1 })),
  after: anything(),
}

const check = (given: unknown) => () => checkOptions('openStore', given, rules)

test.each([
  undefined,
  {},
  { driver: 'node:sqlite', timeoutMs: 0, limit: 1000, label: '', memory: false, report: () => 1, history: {}, after: null },
  { signal: new AbortController().signal, expect: null },
  { expect: 7, label: undefined },
  Object.assign(Object.create(null), { label: 'x' }),
])('accepts %o', (given) => {
  expect(check(given)).not.toThrow()
})

test.each([
  [null, 'null'],
  ['x', '"x" (string)'],
  [[], 'an array'],
  [() => 1, 'a function'],
])('refuses %o as options', (given, shown) => {
  expect(check(given)).toThrow(TypeError)
  expect(check(given)).toThrow(`Expected "openStore options" to be an object, got ${shown}`)
})

test.each([
  [{ timeoutMs: '5s' }, TypeError, 'Expected "timeoutMs" to be an integer ≥ 0, got "5s" (string)'],
  [{ timeoutMs: -1 }, RangeError, 'Expected "timeoutMs" to be an integer ≥ 0, got -1 (number)'],
  [{ timeoutMs: Number.NaN }, RangeError, 'Expected "timeoutMs" to be an integer ≥ 0, got NaN (number)'],
  [{ timeoutMs: 2 ** 53 }, RangeError, 'Expected "timeoutMs" to be an integer ≥ 0, got 9007199254740992 (number)'],
  [{ limit: 1001 }, RangeError, 'Expected "limit" to be an integer from 1 to 1000, got 1001 (number)'],
  [{ limit: 1.5 }, RangeError, 'Expected "limit" to be an integer from 1 to 1000, got 1.5 (number)'],
  [{ limit: null }, TypeError, 'Expected "limit" to be an integer from 1 to 1000, got null'],
  [{ driver: 'sqlite' }, TypeError, 'Expected "driver" to be "node:sqlite" or "better-sqlite3", got "sqlite" (string)'],
  [{ label: 5 }, TypeError, 'Expected "label" to be a string, got 5 (number)'],
  [{ memory: 1 }, TypeError, 'Expected "memory" to be true or false, got 1 (number)'],
  [{ report: {} }, TypeError, 'Expected "report" to be a function, got an object'],
  [{ history: [] }, TypeError, 'Expected "history" to be an object, got an array'],
  [{ signal: {} }, TypeError, 'Expected "signal" to be an AbortSignal, got an object'],
  [{ expect: 0 }, RangeError, 'Expected "expect" to be an integer ≥ 1 or null, got 0 (number)'],
])('refuses %o', (given, type, message) => {
  expect(check(given)).toThrow(type)
  expect(check(given)).toThrow(message)
})

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('refuses %s, which every object inherits', (name) => {
  const given = JSON.parse(`{ "${name}": 1 }`) as unknown
  expect(check(given)).toThrow(`Unknown option "${name}" of openStore`)
})

test('refuses a misspelled option, also one that is inherited or undefined', () => {
  const message = 'Unknown option "timoutMs" of openStore; did you mean "timeoutMs"?'
  expect(check({ timoutMs: 5 })).toThrow(message)
  expect(check(Object.create({ timoutMs: 5 }))).toThrow(message)
  expect(check({ timoutMs: undefined })).toThrow(message)
})

test('names the bounds that an integer has', () => {
  expect([integer().expected, integer({ max: 3 }).expected]).toEqual(['an integer', 'an integer ≤ 3'])
  expect(integer({ min: 1 }).accepts(1n)).toBe(false)
})
