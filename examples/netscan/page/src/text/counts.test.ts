import { expect, test } from 'vitest'
import { formatBytes, formatCount } from './counts.ts'

test('a count has its word, and a size its unit', () => {
  expect([formatCount(1, 'host'), formatCount(1_204, 'host'), formatCount(0, 'address', 'addresses')]).toEqual([
    '1 host',
    '1,204 hosts',
    '0 addresses',
  ])
  expect([999, 1_000, 12_345, 1_230_000].map(formatBytes)).toEqual(['999 B', '1 kB', '12.3 kB', '1.2 MB'])
})
