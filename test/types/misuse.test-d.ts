import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, type Store } from '../../src/index.ts'

const Host = z.object({
  address: z.string(),
  status: z.enum(['up', 'down']),
  seen: z.number(),
  ok: z.boolean(),
  name: z.string().optional(),
  tags: z.array(z.string()),
  owner: z.object({ id: z.string() }),
  note: z.string().nullable(),
})

const state = defineState({
  name: 'misuse',
  version: 1,
  kinds: {
    title: document(z.string()),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'seen'], byName: { fields: ['name'], unique: true } } }),
    bare: collection(Host, { key: 'address' }),
    lines: log(z.object({ text: z.string() })),
  },
})
const store = {} as Store<typeof state>
type State = typeof state

test('[N1] a reserved name does not compile', () => {
  // @ts-expect-error this name is reserved
  defineState({ name: 'a', version: 1, kinds: { commit: document(z.string()) } })
  // @ts-expect-error this name is reserved
  defineState({ name: 'a', version: 1, kinds: { fine: document(z.string()), watch: document(z.string()) } })
  // @ts-expect-error this name is reserved
  collection(Host, { key: 'address', indexes: { watch: ['status'] } })
  defineState({ name: 'a', version: 1, kinds: { commits: document(z.string()), indexed: collection(Host, { key: 'address' }) } })
})

test('[V3] an index over anything but strings, numbers, booleans or nothing does not compile', () => {
  // @ts-expect-error an array
  collection(Host, { key: 'address', indexes: { byTags: ['tags'] } })
  // @ts-expect-error an object
  collection(Host, { key: 'address', indexes: { byOwner: { fields: ['owner'] } } })
  // @ts-expect-error may be null
  collection(Host, { key: 'address', indexes: { byNote: ['note'] } })
  // @ts-expect-error not a field
  collection(Host, { key: 'address', indexes: { byNope: ['nope'] } })
  // @ts-expect-error no field
  collection(Host, { key: 'address', indexes: { byNothing: [] } })
  // @ts-expect-error misspelled
  collection(Host, { key: 'address', indexes: { byName: { fields: ['name'], uniqe: true } } })
  collection(Host, { key: 'address', indexes: { all: ['status', 'seen', 'ok', 'name', 'address'] } })
})

test('a key that is not always a string does not compile', () => {
  // @ts-expect-error a number
  collection(Host, { key: 'seen' })
  // @ts-expect-error optional
  collection(Host, { key: 'name' })
  // @ts-expect-error may be null
  collection(Host, { key: 'note' })
  // @ts-expect-error not a field
  collection(Host, { key: 'nope' })
  // @ts-expect-error missing
  collection(Host, {})
  // @ts-expect-error missing
  collection(Host)
  // @ts-expect-error a number at the root has no fields
  collection(z.number(), { key: 'toFixed' })
  collection(Host, { key: 'status' })
})

test('[V1] a schema whose output cannot be written again does not compile', () => {
  // @ts-expect-error a string becomes a number
  document(z.string().transform((text) => text.length))
  // @ts-expect-error a string becomes a Date
  log(z.object({ at: z.string().transform((text) => new Date(text)) }))
  // @ts-expect-error a string becomes a number
  collection(z.object({ id: z.string(), n: z.string().transform(Number) }), { key: 'id' })
  document(z.string().trim())
  document(z.object({ a: z.number().default(1) }))
  document(z.union([z.string(), z.number()]).transform(String))
})

test('[C4] an asynchronous callback does not compile', () => {
  // @ts-expect-error asynchronous
  void store.commit(async (tx) => tx.title.set('x'))
  // @ts-expect-error answers with a promise
  void store.commit(() => Promise.resolve(1))
  // @ts-expect-error may answer with a promise
  void store.commit((tx) => (tx.title.get() === 'x' ? Promise.resolve(1) : 1))
  expectTypeOf(store.commit((tx) => tx.hosts.count())).resolves.toEqualTypeOf<{
    readonly revision: number
    readonly value: number
    readonly changed: boolean
  }>()
  expectTypeOf(store.commit(() => undefined))
    .resolves.toHaveProperty('value')
    .toEqualTypeOf<undefined>()
})

test('[R3] an undeclared index, and values that its fields never have, do not compile', () => {
  // @ts-expect-error undeclared
  store.hosts.find({ index: 'byNope' })
  // @ts-expect-error undeclared
  store.bare.find({ index: 'byStatus' })
  // @ts-expect-error undeclared
  store.bare.count({ index: 'anything', equals: ['x'] })
  // @ts-expect-error not a status
  store.hosts.find({ index: 'byStatus', equals: ['sideways'] })
  // @ts-expect-error a number
  store.hosts.find({ index: 'byName', equals: [1] })
  // @ts-expect-error more values than fields
  store.hosts.find({ index: 'byStatus', equals: ['up', 1, 2] })
  // @ts-expect-error equals needs an index
  store.hosts.find({ equals: ['up'] })
  // @ts-expect-error keys are strings
  store.hosts.find({ gt: 5 })
  // @ts-expect-error misspelled
  store.hosts.find({ index: 'byStatus', equal: ['up'] })
  // @ts-expect-error not an order
  store.hosts.find({ order: 'up' })
  store.hosts.find({ index: 'byStatus', equals: ['up', 1], order: 'desc', limit: 5, after: undefined })
  store.hosts.find({ index: 'byStatus', equals: [], gt: 'a' })
  store.hosts.find({ index: 'byName', equals: [undefined] })
  store.hosts.find({ gt: 'a', lte: 'b' })
  store.hosts.find()
})

test('[R2] what was read cannot be changed', () => {
  const value = store.hosts.get('a')
  if (value === undefined) return
  // @ts-expect-error readonly
  value.status = 'up'
  // @ts-expect-error readonly
  value.tags.push('x')
  // @ts-expect-error readonly
  value.owner.id = 'x'
  // @ts-expect-error readonly
  store.hosts.find().items[0] = value
  // @ts-expect-error readonly
  store.lines.read()[0]!.value.text = 'x'
  // @ts-expect-error readonly
  store.title.entry()!.revision = 5
  // @ts-expect-error readonly
  store.health().revision = 5
})

test('what a kind does not have, and values that its schema does not take, do not compile', () => {
  void store.commit((tx) => {
    // @ts-expect-error a number
    tx.title.set(5)
    // @ts-expect-error no such kind
    tx.nope.set('x')
    // @ts-expect-error a document has no put
    tx.title.put('x')
    // @ts-expect-error incomplete
    tx.hosts.put({ address: 'a' })
    // @ts-expect-error a collection has no append
    tx.hosts.append({})
    // @ts-expect-error an update keeps the type
    tx.hosts.update('a', (host) => ({ ...host, seen: 'never' }))
    // @ts-expect-error may be undefined
    tx.title.update((title) => title.length)
    // @ts-expect-error entries stay as they are
    tx.lines.delete(1)
    // @ts-expect-error streams are strings
    tx.lines.append({ text: 'x' }, { stream: 5 })
    // @ts-expect-error revisions are numbers
    tx.hosts.delete('a', { expect: 'b' })
    tx.hosts.update('a', (host) => ({ ...host, seen: 5 }), { expect: 3 })
    tx.title.update((title) => `${title ?? ''}!`)
    tx.hosts.put({ ...({} as z.infer<typeof Host>) }, { expect: null })
  })
  // @ts-expect-error the store itself does not write
  store.title.set('x')
  // @ts-expect-error no such kind
  store.follow({ kinds: ['nope'] })
  // @ts-expect-error no such kind
  void store.snapshot(['nope'])
  // @ts-expect-error no such kind
  store.why('nope')
  store.why('hosts', 'a')
})

test('a definition must be one', () => {
  // @ts-expect-error no version
  defineState({ name: 'a', kinds: {} })
  // @ts-expect-error a schema is no kind
  defineState({ name: 'a', version: 1, kinds: { a: z.string() } })
  // @ts-expect-error up is missing
  defineState({ name: 'a', version: 2, kinds: {}, migrations: [{ version: 2, name: 'x' }] })
  expectTypeOf<State['kinds']['title']['type']>().toEqualTypeOf<'document'>()
})

test('[D4] a feed of what belongs to one process does not compile, and its watchers get no commit', () => {
  // @ts-expect-error it has no feed
  document(z.string(), { durability: 'memory', feed: 'value' })
  // @ts-expect-error it has no feed
  collection(Host, { key: 'address', durability: 'memory', feed: 'key' })
  // @ts-expect-error a log is on disk
  log(z.string(), { durability: 'memory' })
  const local = {} as Store<ReturnType<typeof withLocal>>
  local.flag.watch((changes) => expectTypeOf(changes[0]?.kind).toEqualTypeOf<string | undefined>())
  // @ts-expect-error there is no commit
  local.flag.watch((_changes, commit) => commit)
})

function withLocal() {
  return defineState({ name: 'local', version: 1, kinds: { flag: document(z.boolean(), { durability: 'memory' }) } })
}
