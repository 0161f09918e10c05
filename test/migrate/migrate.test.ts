import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  collection,
  defineState,
  document,
  type DriverName,
  type Kinds,
  log,
  type Migration,
  type MigrationTx,
  openStore,
  type StateDefinition,
} from '../../src/index.ts'
import { drivers } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const Host = z.object({ id: z.string(), name: z.string() })
const kinds = { title: document(z.string()), hosts: collection(Host, { key: 'id', indexes: { byName: ['name'] } }), lines: log(z.string()) }
const first = defineState({ name: 'hosts', version: 1, kinds })

/** The state in a later version, each version with one step. */
function later<Declared extends Kinds>(declared: Declared, ...ups: readonly Migration['up'][]): StateDefinition<Declared> {
  const migrations = ups.map((up, i) => ({ version: i + 2, name: `step ${i + 2}`, up }))
  return defineState({ name: 'hosts', version: ups.length + 1, kinds: declared, migrations } as never)
}

/** A directory with a store of the first version, closed. */
async function makeFirst(options: { readonly driver?: DriverName } = {}): Promise<string> {
  const directory = temporaryDirectory()
  const store = await openStore(first, { directory, ...options })
  await store.commit((tx) => {
    tx.title.set('first')
    for (const id of ['a', 'b', 'c']) tx.hosts.put({ id, name: `host ${id}` })
    tx.lines.append('line')
  })
  await store.commit((tx) => tx.title.set('second'), { id: 'request', actor: 'me' })
  await store.close()
  return directory
}

test.each(drivers)('[M2] each step is one commit with its row; the horizon moves to the last, and replicas reset: %s', async (driver) => {
  const directory = await makeFirst({ driver })
  const before = await openStore(first, { directory, driver })
  const cursor = before.cursor
  await before.close()
  const revisions: number[] = []
  const third = later(
    kinds,
    (tx) => {
      revisions.push(2)
      tx.kind('title').put('', 'step two')
    },
    (tx) => {
      revisions.push(3)
      expect(tx.kind('title').get('')).toBe('step two')
      for (const { key, value } of tx.kind('hosts').entries()) tx.kind('hosts').put(key, { ...(value as object), name: `${key}!` })
    },
  )
  const store = await openState(third, { directory, driver })
  expect(revisions).toEqual([2, 3])
  expect([store.title.get(), store.hosts.find({ index: 'byName', equals: ['b!'] }).items]).toEqual(['step two', [{ id: 'b', name: 'b!' }]])
  expect(store.health()).toMatchObject({ revision: 4, horizon: 4, published: 4 })
  expect([store.title.entry()?.revision, store.hosts.entry('a')?.revision, store.lines.read()[0]?.revision]).toEqual([3, 4, 1])
  expect(store.why('title')).toMatchObject({ revision: 3 })

  const tables = await openTables(directory, driver)
  const rows = tables.all('SELECT version, name, revision, duration_ms >= 0 FROM hf_migration ORDER BY version')
  expect(rows).toEqual([
    [2, 'step 2', 3, 1],
    [3, 'step 3', 4, 1],
  ])
  expect(tables.all('SELECT count(*) FROM hf_request')).toEqual([[0]])

  expect(codeOf(await failureOf(store.follow({ after: cursor }).next()))).toBe('CURSOR_EXPIRED')
  const follower = store.follow({ after: store.cursor })
  await store.commit((tx) => tx.title.set('after'))
  expect((await follower.next()).value).toMatchObject({ revision: 5, changes: [{ value: 'after', before: 'step two' }] })
  await follower.return()
})

test('[M2] runs only what is pending, once, and nothing for a store made by this version', async () => {
  const directory = await makeFirst()
  const ran: string[] = []
  const two = later(kinds, () => void ran.push('2'))
  const three = later(
    kinds,
    () => void ran.push('2'),
    () => void ran.push('3'),
  )
  for (const definition of [two, two, three, three]) await (await openStore(definition, { directory })).close()
  expect(ran).toEqual(['2', '3'])
  expect(
    readdirSync(join(directory, 'backups'))
      .map((name) => name.slice(0, 25))
      .toSorted((a, b) => (a < b ? -1 : 1)),
  ).toEqual(['before-migration-of-v1-20', 'before-migration-of-v2-20'])
  const made = await openState(three)
  expect(made.health().revision).toBe(0)
  expect(ran).toHaveLength(2)
})

test('[M2] a version that needs no step makes no backup and keeps the history', async () => {
  const directory = await makeFirst()
  const before = await openStore(first, { directory })
  const cursor = before.cursor
  await before.close()
  const store = await openState(defineState({ name: 'hosts', version: 5, kinds }), { directory })
  expect([store.health().horizon, store.cursor]).toEqual([0, cursor])
  expect(readdirSync(directory)).not.toContain('backups')
  await store.close()
  expect(codeOf(await failureOf(openStore(first, { directory })))).toBe('STORE_NEWER')
})

test('[M2] the view is untyped: kinds by name, any stored value, reads of its own writes', async () => {
  const directory = await makeFirst()
  const two = later(kinds, (tx) => {
    expect(tx.names.toSorted()).toEqual(['hosts', 'lines', 'title'])
    const hosts = tx.kind('hosts')
    expect([hosts.get('a'), hosts.get('none'), hosts.has('a'), hosts.has('none')]).toEqual([
      { id: 'a', name: 'host a' },
      undefined,
      true,
      false,
    ])
    expect([hosts.delete('a'), hosts.delete('a')]).toEqual([true, false])
    hosts.put('d', { id: 'd', name: 'new' })
    expect([...hosts.entries()].map(({ key }) => key)).toEqual(['b', 'c', 'd'])
    const seen: string[] = []
    for (const { key } of hosts.entries()) {
      seen.push(key)
      hosts.delete('c')
      hosts.put('e', { id: 'e', name: 'later' })
    }
    expect(seen).toEqual(['b', 'd'])
    expect([tx.kind('title').get(''), [...tx.kind('lines').entries()]]).toEqual(['second', [{ key: '1', value: 'line' }]])
    expect(() => tx.kind('nope')).toThrow(expect.objectContaining({ code: 'KIND_UNKNOWN' }))
    for (const key of ['', 'a\0', '\ud800', 5]) expect(() => hosts.put(key as string, { id: key })).toThrow(/key of "hosts"/)
    for (const value of [undefined, new Date(), NaN])
      expect(() => hosts.put('x', value)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  })
  const store = await openState(two, { directory })
  expect(store.hosts.find().items.map(({ id }) => id)).toEqual(['b', 'd', 'e'])
})

test('[M2] kinds are renamed and dropped, filled when they are new, and made another type', async () => {
  const directory = await makeFirst()
  const Machine = z.object({ id: z.string(), first: z.string(), last: z.string() })
  const declared = {
    machines: collection(Machine, { key: 'id', indexes: { byLast: ['last'], byFirst: { fields: ['first', 'last'], unique: true } } }),
    summary: document(z.object({ machines: z.number(), title: z.string() })),
    title: collection(z.object({ language: z.string(), text: z.string() }), { key: 'language' }),
    fresh: log(z.string()),
  }
  const two = later(declared, (tx) => {
    tx.rename('hosts', 'machines')
    const machines = tx.kind('machines')
    for (const { key, value } of machines.entries()) {
      const { name, ...rest } = value as z.infer<typeof Host>
      const [head = '', tail = ''] = name.split(' ')
      machines.put(key, { last: tail, first: head, ...rest })
    }
    const text = tx.kind('title').get('')
    tx.drop('title')
    tx.drop('lines')
    // What is only declared yet is there as soon as it is asked for.
    tx.kind('title').put('en', { language: 'en', text })
    tx.kind('summary').put('', { machines: [...machines.entries()].length, title: text })
    expect(tx.names.toSorted()).toEqual(['machines', 'summary', 'title'])
    expect(() => tx.kind('hosts')).toThrow(expect.objectContaining({ code: 'KIND_UNKNOWN' }))
    expect(() => tx.rename('machines', 'summary')).toThrow(TypeError)
    expect(() => tx.rename('machines', 'watch')).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })
  const store = await openState(two, { directory })
  expect(store.machines.find({ index: 'byLast', order: 'desc', limit: 1 }).items).toEqual([{ id: 'c', first: 'host', last: 'c' }])
  // Stored as the schema has it, whatever order the migration wrote.
  expect(Object.keys(store.machines.get('a') ?? {})).toEqual(['id', 'first', 'last'])
  expect(store.title.find().items).toEqual([{ language: 'en', text: 'second' }])
  expect([store.summary.get(), store.fresh.count()]).toEqual([{ machines: 3, title: 'second' }, 0])
  await store.commit((tx) => {
    tx.machines.put({ id: 'd', first: 'x', last: 'y' })
    tx.fresh.append('l')
  })
  const tables = await openTables(directory)
  expect(tables.all('SELECT name FROM hf_kind ORDER BY name').flat()).toEqual(['fresh', 'machines', 'summary', 'title'])
  expect(tables.all("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 'k[0-9]*'")).toEqual([[4]])
})

test('[M2] a collection gets another key when the migration gives each record its new one', async () => {
  const directory = await makeFirst()
  const declared = { ...kinds, hosts: collection(Host, { key: 'name', indexes: { byName: ['name'] } }) }
  const half = (all: boolean) => (tx: MigrationTx) => {
    const hosts = tx.kind('hosts')
    for (const { key, value } of hosts.entries()) {
      if (!all && key === 'b') continue
      hosts.put((value as z.infer<typeof Host>).name, value)
      hosts.delete(key)
    }
  }
  expect(await failureOf(openStore(later(declared, half(false)), { directory }))).toMatchObject({
    code: 'MIGRATION_FAILED',
    details: { failures: ['hosts "b": its field "name" is not its key'] },
  })
  const store = await openState(later(declared, half(true)), { directory })
  expect(store.hosts.get('host b')).toEqual({ id: 'b', name: 'host b' })
  await store.commit((tx) => tx.hosts.update('host b', (it) => ({ ...it, id: 'changed' })))
  expect(store.hosts.find({ index: 'byName', equals: ['host b'] }).items).toEqual([{ id: 'changed', name: 'host b' }])
})

test('[M2] every record a migration wrote is validated, every failure listed, and nothing is dropped', async () => {
  const directory = await makeFirst()
  const two = later(kinds, (tx) => {
    tx.kind('title').put('', 7)
    tx.kind('hosts').put('a', { id: 'a' })
    tx.kind('hosts').put('b', { id: 'other', name: 'n' })
    tx.kind('hosts').put('c', { id: 'c', name: 'n', more: true })
    tx.kind('hosts').put('gone', 'nonsense')
    tx.kind('hosts').delete('gone')
  })
  const error = await failureOf(openStore(two, { directory }))
  expect(error).toMatchObject({
    code: 'MIGRATION_FAILED',
    details: {
      version: 2,
      name: 'step 2',
      failures: [
        expect.stringMatching(/^title: The schema of "title" rejects the value at \$: /),
        expect.stringMatching(/^hosts "a": The schema of "hosts" rejects the value at \$\.name: /),
        'hosts "b": its field "id" is not its key',
        'hosts "c": the schema changes the stored value; store what it makes of it',
      ],
    },
  })
  expect(error.message).toContain('Migration 2 "step 2" failed, and nothing was changed: title: ')
  const many = later(kinds, (tx) => {
    for (let i = 0; i < 30; i += 1) tx.kind('hosts').put(`${i}`, { id: `${i}` })
  })
  const listed = await failureOf(openStore(many, { directory }))
  expect((listed as Error & { details: { failures: string[] } }).details.failures).toHaveLength(20)
  expect(listed.message).toContain(' and 10 more.')
})

const failing: readonly (readonly [string, Migration['up'], string])[] = [
  [
    'one that throws',
    (tx) => {
      tx.kind('title').put('', 'changed')
      tx.drop('hosts')
      throw new Error('mine')
    },
    'mine',
  ],
  [
    'one that throws what is no error',
    () => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw 'text'
    },
    'text',
  ],
  ['one that returns a promise', async (tx) => tx.kind('title').put('', 'changed'), 'up returned a promise'],
  ['one whose promise is rejected', async () => Promise.reject(new Error('late')), 'up returned a promise'],
  ['one that asks for what is not there', (tx) => void tx.kind('nope'), 'no kind "nope"'],
  ['one that writes into a log', (tx) => tx.kind('lines').put('1', 'changed'), 'entries of a log stay as they are'],
]

test('[M2] one that fails leaves every table as it was, and the old version opens the store', async () => {
  const directory = await makeFirst()
  const tables = await openTables(directory)
  const dump = (): unknown => {
    const names = tables.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'hf_meta' ORDER BY name").flat()
    return [
      tables.all("SELECT * FROM hf_meta WHERE name <> 'wal_starts'"),
      ...names.map((name) => [name, tables.all(`SELECT * FROM ${String(name)}`)]),
    ]
  }
  const before = dump()
  for (const [what, up, reason] of failing) {
    const two = later(kinds, (tx) => tx.kind('title').put('', 'from a step that went well'), up)
    const error = await failureOf(openStore(two, { directory }))
    expect(error, what).toMatchObject({
      code: 'MIGRATION_FAILED',
      details: { version: 3, name: 'step 3', failures: [expect.stringContaining(reason)] },
    })
    expect(dump(), what).toEqual(before)
  }
  const after = await openState(first, { directory })
  expect([after.title.get(), after.hosts.count(), after.lines.count(), after.health().revision]).toEqual(['second', 3, 1, 2])
  expect(await after.commit(() => 'again', { id: 'request', actor: 'me' })).toMatchObject({ revision: 2, value: undefined })
  await after.close()
  const fixed = await openState(
    later(
      kinds,
      () => undefined,
      () => undefined,
    ),
    { directory },
  )
  expect(fixed.health().revision).toBe(4)
})

test('[M2] a tx that was kept refuses when the migration is over', async () => {
  const directory = await makeFirst()
  let kept: MigrationTx | undefined
  let keptKind: ReturnType<MigrationTx['kind']> | undefined
  const store = await openState(
    later(kinds, (tx) => {
      kept = tx
      keptKind = tx.kind('hosts')
    }),
    { directory },
  )
  const uses = [
    () => kept?.kind('hosts'),
    () => kept?.drop('hosts'),
    () => kept?.rename('hosts', 'x'),
    () => keptKind?.put('a', 1),
    () => keptKind?.delete('a'),
  ]
  for (const use of [...uses, () => [...(keptKind?.entries() ?? [])]]) expect(use).toThrow(expect.objectContaining({ code: 'TX_ENDED' }))
  expect(store.hosts.count()).toBe(3)
})

test('[M2] a step that ran keeps its version and its name, or is no longer declared', async () => {
  const directory = await makeFirst()
  await (
    await openStore(
      later(
        kinds,
        () => undefined,
        () => undefined,
      ),
      { directory },
    )
  ).close()
  const up = (): void => undefined
  const declare = (...migrations: readonly Migration[]): typeof first => defineState({ name: 'hosts', version: 4, kinds, migrations })
  const renamed = declare({ version: 2, name: 'another', up }, { version: 3, name: 'step 3', up })
  expect(await failureOf(openStore(renamed, { directory }))).toMatchObject({
    code: 'MIGRATION_CHANGED',
    details: { version: 2, recorded: 'step 2', declared: '2 "another"' },
  })
  const renumbered = declare({ version: 2, name: 'step 2', up }, { version: 4, name: 'step 3', up })
  expect(await failureOf(openStore(renumbered, { directory }))).toMatchObject({
    code: 'MIGRATION_CHANGED',
    details: { version: 3, recorded: 'step 3', declared: '4 "step 3"' },
  })
  let ran = 0
  const store = await openState(declare({ version: 4, name: 'step 4', up: () => void (ran += 1) }), { directory })
  expect([ran, store.title.get()]).toEqual([1, 'second'])
})
