import { expect, test } from 'vitest'
import { formatClock, formatDay, formatMoment, formatSpan } from './moments.ts'

const at = new Date(2026, 10, 27, 0, 3, 9).getTime()

test('a time of day has eight characters, also after midnight', () => {
  expect(formatClock(at)).toBe('00:03:09')
})

test('what is not of today is shown by its day', () => {
  expect(formatDay(at)).toBe('27 Nov')
  expect(formatMoment(at, at + 60_000)).toBe('00:03:09')
  expect(formatMoment(at, at - 600_000)).toBe('27 Nov')
})

test.each([
  [-5_000, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min 0 s'],
  [3_599_000, '59 min 59 s'],
  [7_500_000, '2 h 5 min'],
])('a span of %i ms', (ms, shown) => {
  expect(formatSpan(ms)).toBe(shown)
})
