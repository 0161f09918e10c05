import { expect, test } from 'vitest'
import { z } from 'zod'
import { document } from './document-kind.ts'

test('is plain frozen data with its defaults', () => {
  const schema = z.string()
  expect(document(schema)).toEqual({ type: 'document', schema, feed: 'value', durability: undefined })
  expect(document(schema, { feed: 'none', durability: 'power' })).toMatchObject({ feed: 'none', durability: 'power' })
  expect(Object.isFrozen(document(schema))).toBe(true)
})

test.each([
  [undefined, undefined, 'Expected "document schema"'],
  [z.string(), { feeds: 'none' }, 'Unknown option "feeds" of document; did you mean "feed"?'],
  [z.string(), { feed: 'nothing' }, 'Expected "feed" to be "value", "key" or "none", got "nothing" (string)'],
  [z.string(), { durability: 'eternal' }, 'Expected "durability" to be "memory", "delayed", "process" or "power", got "eternal" (string)'],
  [z.string(), null, 'Expected "document options" to be an object, got null'],
])('%j with %j is refused', (schema, options, message) => {
  expect(() => document(schema as never, options as never)).toThrow(message)
})
