import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, type HoldfastError, log, openStore, type Store } from '../../src/index.ts'
import { drivers } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { failureOf } from '../support/outcome.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The same record in three libraries: a trimmed name, and a status that is `up` unless given. */
const states = {
  zod: stateOf(
    z.object({ id: z.string(), name: z.string().trim(), status: z.enum(['up', 'down']).default('up'), port: z.int().optional() }),
  ),
  valibot: stateOf(
    v.object({
      id: v.string(),
      name: v.pipe(v.string(), v.trim()),
      status: v.optional(v.picklist(['up', 'down']), 'up'),
      port: v.optional(v.pipe(v.number(), v.integer())),
    }),
  ),
  arktype: stateOf(type({ id: 'string', name: 'string.trim', status: "'up' | 'down' = 'up'", 'port?': 'number.integer' }) as never),
}

type Input = { id: string; name: string; status?: 'up' | 'down' | undefined; port?: number | undefined }
type Output = { id: string; name: string; status: 'up' | 'down'; port?: number | undefined }

function stateOf(schema: z.ZodType<Output, Input> | v.GenericSchema<Input, Output>) {
  const record = schema as z.ZodType<Output, Input>
  return defineState({
    name: 'schemas',
    version: 1,
    kinds: {
      one: document(record),
      many: collection(record, { key: 'id', indexes: { byStatus: ['status', 'name'], byPort: { fields: ['port'], unique: true } } }),
      lines: log(record),
    },
  })
}

type Tested = Store<(typeof states)['zod']>

describe.each(Object.entries(states))('%s', (library, state) => {
  describe.each(drivers)('%s', (driver) => {
    const open = (directory?: string): Promise<Tested> =>
      openState(state, { driver, ...(directory === undefined ? { memory: true } : { directory }) })

    test(`[V1] [X24] what ${library} makes of a value is stored, in every kind`, async () => {
      const directory = temporaryDirectory()
      const store = await open(directory)
      await store.commit((tx) => {
        tx.one.set({ id: 'a', name: '  one ' })
        tx.many.put({ id: 'a', name: ' put', port: 80 })
        tx.many.insert({ id: 'b', name: 'inserted ', status: 'down' })
        tx.lines.append({ id: 'a', name: ' line ' })
      })
      await store.commit((tx) => {
        tx.many.update('b', (it) => ({ ...it, name: ` ${it.name} again ` }))
        tx.one.update((it) => ({ id: 'a', name: ` ${it?.name} again ` }))
      })
      const read = (from: Tested): unknown => [from.one.get(), from.many.get('a'), from.many.get('b'), from.lines.read()[0]?.value]
      const expected = [
        { id: 'a', name: 'one again', status: 'up' },
        { id: 'a', name: 'put', status: 'up', port: 80 },
        { id: 'b', name: 'inserted again', status: 'down' },
        { id: 'a', name: 'line', status: 'up' },
      ]
      expect(read(store)).toStrictEqual(expected)
      await store.close()
      expect(read(await open(directory))).toStrictEqual(expected)
    })

    test(`[V1] what ${library} rejects fails with the path of each issue, and nothing of the commit is applied`, async () => {
      const store = await open()
      const writes: ((tx: Parameters<Parameters<Tested['commit']>[0]>[0]) => unknown)[] = [
        (tx) => tx.one.set({ id: 'a', name: 'n', status: 'sideways' as never }),
        (tx) => tx.many.put({ id: 'a', name: 'n', status: 'sideways' as never }),
        (tx) => tx.many.insert({ id: 'a', name: 'n', status: 'sideways' as never }),
        (tx) => tx.lines.append({ id: 'a', name: 'n', status: 'sideways' as never }),
      ]
      for (const write of writes) {
        const error = (await failureOf(
          store.commit((tx) => {
            tx.many.put({ id: 'other', name: 'n' })
            write(tx)
          }),
        )) as HoldfastError<'SCHEMA_REJECTED'>
        expect(error.code).toBe('SCHEMA_REJECTED')
        expect(error.details.issues[0]?.path).toBe('$.status')
        expect(error.message).toMatch(/^The schema of "(one|many|lines)" rejects the value at \$\.status: /)
      }
      expect([store.health().revision, store.many.count(), store.one.get(), store.lines.count()]).toEqual([0, 0, undefined, 0])
    })

    test(`[V3] indexes and uniqueness go by what ${library} makes of a value`, async () => {
      const store = await open()
      await store.commit((tx) => {
        tx.many.put({ id: 'a', name: ' b ', port: 1 })
        tx.many.put({ id: 'b', name: 'a' })
        tx.many.put({ id: 'c', name: 'c', status: 'down' })
      })
      expect(store.many.find({ index: 'byStatus', equals: ['up'] }).items.map(({ id }) => id)).toEqual(['b', 'a'])
      expect(store.many.find({ index: 'byStatus', equals: ['up', 'b'] }).items.map(({ id }) => id)).toEqual(['a'])
      expect(await failureOf(store.commit((tx) => tx.many.put({ id: 'd', name: 'd', port: 1 })))).toMatchObject({
        code: 'UNIQUE_CONFLICT',
        details: { heldBy: 'a' },
      })
    })
  })
})

const asynchronous = {
  zod: z.string().refine(async () => true),
  'a zod refinement that throws': z.string().refine(() => {
    throw new Error('refinement')
  }),
  valibot: v.pipeAsync(
    v.string(),
    v.checkAsync(async () => true),
  ),
  'a transform of arktype': type('string').pipe(async (text) => text),
}

test.each(Object.entries(asynchronous))(
  '[V1] a schema that answers with a promise is refused, nothing applied: %s',
  async (what, schema) => {
    const state = defineState({ name: 'late', version: 1, kinds: { title: document(schema as never), plain: document(z.string()) } })
    const store = (await openState(state, { memory: true })) as unknown as Store<typeof untyped>
    const error = await failureOf(
      store.commit((tx) => {
        tx.plain.set('not applied')
        tx.title.set('t')
      }),
    )
    expect(error).toMatchObject({ code: 'SCHEMA_ASYNC', details: { kind: 'title' } })
    if (what.includes('throws')) expect(error.cause).toMatchObject({ message: 'refinement' })
    expect([store.plain.get(), store.title.get(), store.health().revision]).toEqual([undefined, undefined, 0])
  },
)

const untyped = defineState({ name: 'untyped', version: 1, kinds: { title: document(z.string()), plain: document(z.string()) } })

test('[V1] writes validate, reads do not: what an older schema let in is read as it is', async () => {
  const directory = temporaryDirectory()
  const of = (schema: z.ZodType<string, string>): typeof untyped =>
    defineState({ name: 'untyped', version: 1, kinds: { title: document(schema), plain: document(z.string()) } })
  const before = await openStore(of(z.string()), { directory })
  await before.commit((tx) => tx.title.set('a long title'))
  await before.close()
  const after = await openState(of(z.string().max(3)), { directory })
  expect(after.title.get()).toBe('a long title')
  expect(await failureOf(after.commit((tx) => tx.title.set('another')))).toMatchObject({ code: 'SCHEMA_REJECTED' })
  await after.commit((tx) => tx.title.set('new'))
  expect(after.title.get()).toBe('new')
})

test.each(drivers)(
  '[V2] keys, stream names and indexed strings that SQLite would confuse, or that are too long, are refused: %s',
  async (driver) => {
    const Item = z.object({ id: z.string(), tag: z.string() })
    const items = collection(Item, { key: 'id', indexes: { byTag: ['tag'] } })
    const store = await openState(defineState({ name: 'texts', version: 1, kinds: { items, lines: log(z.string()) } }), { driver })
    for (const bad of ['a\0b', 'half \ud800', '\udc00', 'x'.repeat(1025)]) {
      for (const write of [
        store.commit((tx) => tx.items.put({ id: bad, tag: '' })),
        store.commit((tx) => tx.items.put({ id: 'a', tag: bad })),
        store.commit((tx) => tx.lines.append('l', { stream: bad })),
      ]) {
        expect(await failureOf(write)).toMatchObject({ code: 'VALUE_INVALID' })
      }
    }
    expect(store.health().revision).toBe(0)
    const longest = '😀'.repeat(512)
    await store.commit((tx) => {
      tx.items.put({ id: longest, tag: longest })
      tx.lines.append('l', { stream: longest })
    })
    expect([store.items.get(longest)?.tag, store.lines.read({ stream: longest }).length]).toEqual([longest, 1])
  },
)

test.each(drivers)('[V2] [X31] values of the domain come back equal, and all others are refused with their path: %s', async (driver) => {
  const Anything = z.custom<unknown>(() => true)
  const state = defineState({ name: 'values', version: 1, kinds: { value: document(Anything), lines: log(Anything) } })
  const store = await openState(state, { driver })
  const deep = (depth: number): unknown => (depth === 0 ? 'bottom' : [deep(depth - 1)])
  const values = [
    null,
    '',
    {},
    [],
    0,
    1e308,
    5e-324,
    -1.5,
    true,
    'é😀\u0000\ud800',
    'e\u0301 \u00e9',
    'x'.repeat(20_000),
    'x'.repeat(1_000_000),
    { a: { b: [{ c: null }] } },
    deep(200),
  ]
  for (const value of values) {
    await store.commit((tx) => {
      tx.value.set(value)
      tx.lines.append(value)
    })
    expect(store.value.get()).toStrictEqual(value)
    expect(store.lines.read({ limit: 1 })[0]?.value).toStrictEqual(value)
  }
  await store.commit((tx) => tx.value.set({ a: undefined, b: -0 }))
  expect(store.value.get()).toStrictEqual({ b: 0 })

  const refused: (readonly [unknown, string])[] = [
    [undefined, '$'],
    [NaN, '$'],
    [{ a: [1, Infinity] }, '$.a[1]'],
    [{ when: new Date() }, '$.when'],
    [[new Map()], '$[0]'],
    [{ n: 1n }, '$.n'],
    [[undefined], '$[0]'],
    [{ f: () => 1 }, '$.f'],
    [{ 'a b': new (class Thing {})() }, '$["a b"]'],
    [deep(201), '$'],
  ]
  const { revision } = store.health()
  for (const [value, path] of refused) {
    const error = (await failureOf(store.commit((tx) => tx.value.set(value)))) as HoldfastError<'VALUE_INVALID'>
    expect([error.code, error.details.path.startsWith(path)]).toEqual(['VALUE_INVALID', true])
    expect(error.message).toContain('"value"')
  }
  expect(store.health().revision).toBe(revision)
})
