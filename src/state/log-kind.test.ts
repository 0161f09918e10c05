import { expect, test } from 'vitest'
import { z } from 'zod'
import { log } from './log-kind.ts'

test('is plain frozen data with its defaults, apart from what it was made of', () => {
  const schema = z.string()
  expect(log(schema)).toEqual({ type: 'log', schema, retention: {}, feed: 'value', durability: undefined })
  const retention = { entries: 100, entriesPerStream: 10 }
  const kind = log(schema, { retention, feed: 'key' })
  retention.entries = 5
  expect(kind).toMatchObject({ retention: { entries: 100, entriesPerStream: 10 }, feed: 'key' })
  expect([kind, kind.retention].every((part) => Object.isFrozen(part))).toBe(true)
})

test.each([
  [{ retention: 5 }, 'Expected "retention" to be an object, got 5 (number)'],
  [{ retention: { entries: 0 } }, 'Expected "entries" to be an integer ≥ 1, got 0 (number)'],
  [{ retention: { entriesPerStream: 1.5 } }, 'Expected "entriesPerStream" to be an integer ≥ 1, got 1.5 (number)'],
  [{ retention: { entires: 5 } }, 'Unknown option "entires" of retention; did you mean "entries"?'],
  [{ retain: {} }, 'Unknown option "retain" of log'],
])('[X48] %j is refused', (options, message) => {
  expect(() => log(z.string(), options as never)).toThrow(message)
})
