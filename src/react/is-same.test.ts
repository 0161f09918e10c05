import { expect, test } from 'vitest'
import { isSame } from './is-same.ts'

const item = { a: 1 }

test.each([
  ['values', 'a', 'a'],
  ['not a number', Number.NaN, Number.NaN],
  ['lists of the same items', [item, 1], [item, 1]],
  ['objects with the same fields', { item, a: undefined }, { a: undefined, item }],
  ['nothing in them', {}, {}],
])('[W2] the same: %s', (_, one, other) => {
  expect(isSame(one, other)).toBe(true)
})

test.each([
  ['equal items that are other objects', [{ a: 1 }], [{ a: 1 }]],
  ['one item more', [item], [item, item]],
  ['another order', [1, 2], [2, 1]],
  ['one field more', { a: 1 }, { a: 1, b: 2 }],
  ['another field that is not there', { a: undefined }, { b: undefined }],
  ['a list and an object', [1], { 0: 1 }],
  ['an object and a list', { 0: 1 }, [1]],
  ['never set, null, and empty', undefined, null],
  ['null and empty', null, {}],
  ['zero and its negative', 0, -0],
  ['objects of classes', new Map([[1, 1]]), new Map([[1, 1]])],
])('[W2] not the same: %s', (_, one, other) => {
  expect(isSame(one, other)).toBe(false)
})
