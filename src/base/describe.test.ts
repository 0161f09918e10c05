import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describe } from './describe.ts'

class Host {}
class Hosts extends Array {}

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['5s', '"5s" (string)'],
  ['a\nb', '"a\\nb" (string)'],
  ['x'.repeat(99), `"${'x'.repeat(39)}…" (string)`],
  [5, '5 (number)'],
  [Number.NaN, 'NaN (number)'],
  [-0, '-0 (number)'],
  [10n, '10n (bigint)'],
  [true, 'true (boolean)'],
  [Symbol('s'), 'Symbol(s) (symbol)'],
  [() => 1, 'a function'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [[1], 'an array'],
  [new Hosts(), 'a Hosts (array)'],
  [new Date(), 'a Date'],
  [new Error('x'), 'an Error'],
  [new Host(), 'a Host'],
])('describes %o as %s', (value, expected) => {
  expect(describe(value)).toBe(expected)
})

test('runs no getter of the value', () => {
  let runs = 0
  const getter = { get: () => runs++ }
  expect(describe(Object.create(Object.create(null, { constructor: getter, toString: getter })))).toBe('an object')
  expect(describe(Object.create({ constructor: Object.defineProperty(() => 1, 'name', getter) }))).toBe('an object')
  expect(runs).toBe(0)
})

test('knows nothing of a Proxy that answers nothing', () => {
  const trap = () => {
    throw new Error('ran')
  }
  expect(describe(new Proxy({}, { getPrototypeOf: trap }))).toBe('an object')
  const { proxy: revoked, revoke } = Proxy.revocable([], {})
  revoke()
  expect(describe(revoked)).toBe('an object')
})

test('is total and short', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (value) => describe(value).length < 120),
  )
})
