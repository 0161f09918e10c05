import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['directory', 'memory', 'driver', 'durability', 'history', 'at']

test.each([
  ['durabilty', 'durability'],
  ['durabiliyt', 'durability'],
  ['Driver', 'driver'],
  ['memroy', 'memory'],
  ['histroy', 'history'],
  ['dir', undefined],
  ['ta', 'at'],
  ['', undefined],
  ['zzz', undefined],
  ['toString', undefined],
])('the nearest to %j is %j', (name, expected) => {
  expect(nearest(name, known)).toBe(expected)
})

test('of two that are near, the nearer wins, else the first', () => {
  expect(nearest('retentoin', ['retentions', 'retention'])).toBe('retention')
  expect(nearest('limits', ['limit2', 'limit3'])).toBe('limit2')
})

test('a very long name costs nothing', () => {
  expect(nearest('x'.repeat(1e7), known)).toBeUndefined()
})
