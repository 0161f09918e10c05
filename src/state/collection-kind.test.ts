import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from './collection-kind.ts'

const Host = z.object({ id: z.string(), name: z.string(), n: z.number() })

test('is plain frozen data with its defaults', () => {
  const kind = collection(Host, { key: 'id' })
  expect(kind).toEqual({ type: 'collection', schema: Host, key: 'id', indexes: {}, feed: 'value', durability: undefined })
  expect([kind, kind.indexes].every((part) => Object.isFrozen(part))).toBe(true)
})

test('[V3] indexes are kept in one form, in the order of their declaration, apart from what they were made of', () => {
  const fields = ['n'] as ['n', ...'n'[]]
  const kind = collection(Host, {
    key: 'id',
    indexes: { byN: fields, byName: { fields: ['name', 'n'], unique: true }, plain: { fields: ['n'] } },
    feed: 'key',
    durability: 'process',
  })
  fields.push('n')
  expect(kind.indexes).toEqual({
    byN: { fields: ['n'], unique: false },
    byName: { fields: ['name', 'n'], unique: true },
    plain: { fields: ['n'], unique: false },
  })
  expect(Object.keys(kind.indexes)).toEqual(['byN', 'byName', 'plain'])
  expect([kind.feed, kind.durability]).toEqual(['key', 'process'])
  expect(Object.values(kind.indexes).every((index) => Object.isFrozen(index) && Object.isFrozen(index.fields))).toBe(true)
})

test('[N1] names of indexes are those of kinds', () => {
  for (const name of ['By', 'by-n', 'find it', 'watch', 'toJSON', 'constructor']) {
    expect(() => collection(Host, { key: 'id', indexes: { [name]: ['n'] } as never })).toThrow(/The index name/)
  }
  expect(() => collection(Host, { key: 'id', indexes: { byN: ['n'], byn: ['n'] } })).toThrow('differs from "byN" only in case')
})

test.each([
  [{ byN: null }, 'Expected "index byN options" to be an object, got null'],
  [{ byN: {} }, 'Expected "indexes.byN" to be a list of at least one field name, got undefined'],
  [{ byN: { fields: [] } }, 'Expected "indexes.byN" to be a list of at least one field name, got an array'],
  [{ byN: [5] }, 'Expected "indexes.byN" to be a list of at least one field name'],
  [{ byN: { fields: ['n'], unique: 1 } }, 'Expected "indexes.byN.unique" to be true or false, got 1 (number)'],
])('an index that is none is refused by name: %j', (indexes, message) => {
  expect(() => collection(Host, { key: 'id', indexes: indexes as never })).toThrow(message)
})

test('a key that is no field of the schema is refused where the schema can be asked, and passes where it cannot', () => {
  const refused = [Host, Host.strict(), Host.partial(), type({ id: 'string', name: 'string', n: 'number' })]
  for (const schema of refused) {
    expect(() => collection(schema as never, { key: 'nope' })).toThrow(
      /^Expected "key" to be a field of the schema, which has "id", .*"name".*, got "nope" \(string\)$/,
    )
  }
  const passing = [
    Host.loose(),
    Host.catchall(z.string()),
    z.union([Host, z.object({ nope: z.string() })]),
    Host.and(z.object({ nope: z.string() })),
    z.object({ nope: z.string().transform((text) => text.length) }),
    v.object({ id: v.string() }),
    type({ '[string]': 'string' }),
  ]
  for (const schema of passing) expect(collection(schema as never, { key: 'nope' }).key).toBe('nope')
})

test('so is a key that is none', () => {
  for (const key of [undefined, 5, null]) {
    expect(() => collection(Host, { key: key as never })).toThrow(/Expected "key" to be (the name of a string field|a string)/)
  }
  expect(() => collection(Host, undefined as never)).toThrow('Expected "key" to be the name of a string field, got undefined')
})
