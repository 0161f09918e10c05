import { type } from 'arktype'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  closeOnSignals,
  collection,
  type CommitOf,
  defineState,
  document,
  type Frozen,
  type KindSnapshot,
  log,
  openStore,
  sessions,
  setting,
  settings,
  type SnapshotRecord,
  type StandardSchemaV1,
  type Store,
} from '../../src/index.ts'

/** The same record in three libraries; the status is optional on the way in. */
interface Read {
  readonly address: string
  readonly status: 'up' | 'down'
  readonly ports: readonly number[]
  readonly name?: string | undefined
}

const zodHost = z.object({
  address: z.string(),
  status: z.enum(['up', 'down']).default('up'),
  ports: z.array(z.number()),
  name: z.string().optional(),
})
const valibotHost = v.object({
  address: v.string(),
  status: v.optional(v.picklist(['up', 'down']), 'up'),
  ports: v.array(v.number()),
  name: v.optional(v.string()),
})
const arktypeHost = type({ address: 'string', status: "'up' | 'down' = 'up'", ports: 'number[]', 'name?': 'string | undefined' })

const zodState = defineState({
  name: 'inference',
  version: 1,
  kinds: {
    current: document(zodHost),
    hosts: collection(zodHost, { key: 'address', indexes: { byStatus: ['status', 'name'], byName: { fields: ['name'], unique: true } } }),
    lines: log(zodHost),
  },
})
const valibotState = defineState({
  name: 'inference',
  version: 1,
  kinds: {
    current: document(valibotHost),
    hosts: collection(valibotHost, {
      key: 'address',
      indexes: { byStatus: ['status', 'name'], byName: { fields: ['name'], unique: true } },
    }),
    lines: log(valibotHost),
  },
})
const arktypeState = defineState({
  name: 'inference',
  version: 1,
  kinds: {
    current: document(arktypeHost),
    hosts: collection(arktypeHost, {
      key: 'address',
      indexes: { byStatus: ['status', 'name'], byName: { fields: ['name'], unique: true } },
    }),
    lines: log(arktypeHost),
  },
})

test('zod: from the declaration to what is read and written', async () => {
  const store = await openStore(zodState, { memory: true })
  expectTypeOf(store).toEqualTypeOf<Store<typeof zodState>>()
  expectTypeOf(store.current.get()).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.get('a')).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.entry('a')?.value).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.find({ index: 'byStatus', equals: ['up'] }).items).toEqualTypeOf<readonly Read[]>()
  expectTypeOf(store.lines.read()[0]?.value).toEqualTypeOf<Read | undefined>()
  const result = store.commit((tx) => {
    expectTypeOf(tx.hosts.get('a')).toEqualTypeOf<Read | undefined>()
    tx.current.set({ address: 'a', ports: [] })
    tx.hosts.put({ address: 'a', ports: [80], status: undefined })
    tx.hosts.update('a', (host) => {
      expectTypeOf(host).toEqualTypeOf<Read>()
      return { ...host, status: 'down' }
    })
    expectTypeOf(tx.lines.append({ address: 'a', ports: [] }, { stream: 's' })).toEqualTypeOf<number>()
    return tx.hosts.find().items
  })
  expectTypeOf(result).resolves.toHaveProperty('value').toEqualTypeOf<readonly Read[]>()
})

test('valibot: the same', async () => {
  const store = await openStore(valibotState, { memory: true })
  expectTypeOf(store.current.get()).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.get('a')).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.find({ index: 'byName', equals: ['x'] }).items).toEqualTypeOf<readonly Read[]>()
  expectTypeOf(store.lines.read()[0]?.value).toEqualTypeOf<Read | undefined>()
  void store.commit((tx) => {
    tx.current.set({ address: 'a', ports: [] })
    tx.hosts.update('a', (host) => {
      expectTypeOf(host).toEqualTypeOf<Read>()
      return { ...host, status: undefined }
    })
  })
  // @ts-expect-error not a status
  store.hosts.find({ index: 'byStatus', equals: ['sideways'] })
})

test('arktype: the same', async () => {
  const store = await openStore(arktypeState, { memory: true })
  expectTypeOf(store.current.get()).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.get('a')).toEqualTypeOf<Read | undefined>()
  expectTypeOf(store.hosts.find({ index: 'byStatus', equals: ['up', undefined] }).items).toEqualTypeOf<readonly Read[]>()
  expectTypeOf(store.lines.read()[0]?.value).toEqualTypeOf<Read | undefined>()
  void store.commit((tx) => {
    tx.current.set({ address: 'a', ports: [] })
    tx.hosts.update('a', (host) => {
      expectTypeOf(host).toEqualTypeOf<Read>()
      return { ...host, ports: [...host.ports, 1] }
    })
  })
  // @ts-expect-error not a status
  store.hosts.find({ index: 'byStatus', equals: ['sideways'] })
})

test('snapshots and commits know their kinds', async () => {
  const store = {} as Store<typeof zodState>
  const whole = await store.snapshot()
  expectTypeOf(whole.kinds.hosts).toEqualTypeOf<KindSnapshot<SnapshotRecord<Read>>>()
  const part = await store.snapshot(['hosts'])
  expectTypeOf(part.kinds).toEqualTypeOf<{ readonly hosts: KindSnapshot<SnapshotRecord<Read>> }>()
  for await (const commit of store.follow({ kinds: ['hosts'] })) {
    expectTypeOf(commit).toEqualTypeOf<CommitOf<typeof zodState, 'hosts'>>()
    expectTypeOf<(typeof commit.changes)[number]['kind']>().toEqualTypeOf<'hosts'>()
    const [change] = commit.changes
    if (change?.op === 'put') expectTypeOf(change.value).toEqualTypeOf<Read>()
  }
  for await (const commit of store.follow()) {
    for (const change of commit.changes) {
      expectTypeOf(change.kind).toEqualTypeOf<'current' | 'hosts' | 'lines'>()
      if (change.kind === 'lines' && change.op === 'append') expectTypeOf(change.value).toEqualTypeOf<Read>()
      // @ts-expect-error a collection has no appends
      if (change.kind === 'hosts' && change.op === 'append') void change
    }
  }
  store.hosts.watch((changes, { revision }) => {
    expectTypeOf(revision).toEqualTypeOf<number>()
    const [change] = changes
    if (change?.op === 'delete') expectTypeOf(change.before).toEqualTypeOf<Read>()
  })
})

test('a state that is passed on keeps its types', () => {
  const countHosts = (store: Store<typeof zodState>): number => store.hosts.count()
  expectTypeOf(countHosts).parameter(0).toHaveProperty('hosts')
  expectTypeOf(closeOnSignals).toBeCallableWith({} as Store<typeof zodState>)
})

test('frozen is readonly all the way down, and takes what is read', () => {
  expectTypeOf<Frozen<{ a: { b: string[] }[]; c?: number }>>().toEqualTypeOf<{
    readonly a: readonly { readonly b: readonly string[] }[]
    readonly c?: number
  }>()
  expectTypeOf<Frozen<string | null>>().toEqualTypeOf<string | null>()
  expectTypeOf<Frozen<[number, string[]]>>().toEqualTypeOf<readonly [number, readonly string[]]>()
  const schema = {} as StandardSchemaV1<{ a: string[] }>
  const kind = document(schema)
  expectTypeOf(kind.type).toEqualTypeOf<'document'>()
})

test('settings and sessions are typed from their declarations', () => {
  const club = defineState({
    name: 'club',
    version: 1,
    kinds: {
      settings: settings({
        theme: setting(z.enum(['light', 'dark']), { default: 'dark' }),
        hosts: setting(z.array(z.string())),
      }),
      sessions: sessions({ data: z.object({ role: z.string() }) }),
      plain: sessions(),
    },
  })
  const store = {} as Store<typeof club>
  expectTypeOf(store.settings.get('theme')).toEqualTypeOf<'light' | 'dark'>()
  expectTypeOf(store.settings.get('hosts')).toEqualTypeOf<readonly string[] | undefined>()
  expectTypeOf(store.settings.explain('theme').value).toEqualTypeOf<'light' | 'dark' | undefined>()
  expectTypeOf(store.settings.set).toBeCallableWith({ hosts: ['a'] })
  store.settings.watch(['theme'], (names) => expectTypeOf(names).toEqualTypeOf<readonly 'theme'[]>())
  // @ts-expect-error there is no such setting
  void store.settings.get('them')
  // @ts-expect-error it takes no such value
  void store.settings.set({ theme: 'blue' })
  // @ts-expect-error a default is a value
  setting(z.string(), { default: 1 })
  // @ts-expect-error a reserved name
  settings({ watch: setting(z.string()) })
  // @ts-expect-error values on demand are not offered
  settings({ theme: setting(z.string()) }, { feed: 'key' })

  expectTypeOf(store.sessions.verify('')?.data).toEqualTypeOf<{ readonly role: string } | undefined>()
  expectTypeOf(store.sessions.create).toBeCallableWith({ user: 'ada', data: { role: 'admin' } })
  expectTypeOf(store.plain.create).toBeCallableWith({ user: 'ada' })
  // @ts-expect-error the data is missing
  void store.sessions.create({ user: 'ada' })
  // @ts-expect-error none is declared
  void store.plain.create({ user: 'ada', data: 1 })
  // @ts-expect-error they are made by commits of their own
  void store.commit((tx) => tx.sessions.create({ user: 'ada', data: { role: 'admin' } }))
  void openStore(club, { memory: true, bootstrap: { settings: { env: { THEME: 'dark' }, flags: { theme: 'light', hosts: '[]' } } } })
  // @ts-expect-error there is no such setting
  void openStore(club, { memory: true, bootstrap: { settings: { flags: { them: 'light' } } } })
  // @ts-expect-error these are no settings
  void openStore(club, { memory: true, bootstrap: { sessions: {} } })
})
