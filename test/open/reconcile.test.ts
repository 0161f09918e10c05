import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  collection,
  defineState,
  document,
  type DriverName,
  type Kinds,
  log,
  openStore,
  type ReportEvent,
  type StateDefinition,
  type StoreOptions,
} from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { watchStatements } from '../support/statements.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { IndexedCalls } from './indexed-program.ts'

const Item = z.object({ id: z.string(), a: z.string(), n: z.number(), flag: z.boolean().optional() })
const item = (i: number): z.infer<typeof Item> => ({ id: `item ${i}`, a: `${i % 7}`, n: i, ...(i % 3 === 0 && { flag: i % 2 === 0 }) })

function stateOf<Declared extends Kinds>(kinds: Declared): StateDefinition<Declared> {
  return defineState({ name: 'items', version: 1, kinds } as never)
}

const plain = stateOf({ items: collection(Item, { key: 'id' }) })
const indexed = stateOf({
  items: collection(Item, { key: 'id', indexes: { byA: ['a', 'n'], byFlag: ['flag'], byN: { fields: ['n'], unique: true } } }),
  added: document(z.string()),
  lines: log(z.string(), { retention: { entries: 5 } }),
})

async function makePlain(driver: DriverName, count: number): Promise<string> {
  const directory = temporaryDirectory()
  const store = await openStore(plain, { directory, driver })
  await store.commit((tx) => {
    for (let i = 0; i < count; i += 1) tx.items.put(item(i))
  })
  await store.close()
  return directory
}

/** Opens, and collects what is reported. */
async function openReporting<Declared extends Kinds>(definition: StateDefinition<Declared>, options: StoreOptions) {
  const reports: ReportEvent[] = []
  const store = await openState(definition, { ...options, report: (event) => reports.push(event) })
  return { store, reports }
}

eachDriver((driver) => {
  describe('a declaration that changed under one version', () => {
    test('[M6] gets its new kinds and indexes at open, filled with what is there, without a commit', async () => {
      const directory = await makePlain(driver, 100)
      const before = await openStore(plain, { directory, driver })
      const { cursor } = before
      await before.close()
      const { store, reports } = await openReporting(indexed, { directory, driver })
      expect([store.cursor, store.health().revision]).toEqual([cursor, 1])
      expect(store.items.find({ index: 'byA', equals: ['3'] }).items.map(({ n }) => n)).toEqual([
        3, 10, 17, 24, 31, 38, 45, 52, 59, 66, 73, 80, 87, 94,
      ])
      expect([undefined, false, true].map((flag) => store.items.count({ index: 'byFlag', equals: [flag] }))).toEqual([66, 17, 17])
      expect(store.items.find({ index: 'byN', order: 'desc', limit: 1 }).items).toEqual([item(99)])
      await store.commit((tx) => {
        tx.added.set('x')
        tx.lines.append('l')
        tx.items.update('item 3', (it) => ({ ...it, a: 'moved' }))
      })
      expect(store.items.find({ index: 'byA', equals: ['moved'] }).items).toHaveLength(1)
      expect(codeOf(await failureOf(store.commit((tx) => tx.items.put({ ...item(200), n: 5 }))))).toBe('UNIQUE_CONFLICT')
      expect(reports).toEqual([])
    })

    test('[M6] keeps what it no longer declares, says so, and keeps its indexes right', async () => {
      const directory = temporaryDirectory()
      const before = await openStore(indexed, { directory, driver })
      await before.commit((tx) => {
        tx.items.put(item(1))
        tx.added.set('kept')
      })
      await before.close()
      const { store, reports } = await openReporting(plain, { directory, driver })
      expect(reports.map(({ type, message }) => `${type}: ${message}`)).toEqual([
        'kept: The index "byA" of "items" is in the store and no longer declared; it is kept.',
        'kept: The index "byFlag" of "items" is in the store and no longer declared; it is kept.',
        'kept: The index "byN" of "items" is in the store and no longer declared; it is kept.',
        'kept: The kind "added" is in the store and no longer declared; it is kept until a migration drops it.',
        'kept: The kind "lines" is in the store and no longer declared; it is kept until a migration drops it.',
      ])
      expect(() => store.items.find({ index: 'byA' as never })).toThrow('"items" has no index "byA"; it declares none.')
      await store.commit((tx) => {
        tx.items.put({ ...item(1), a: 'changed' })
        tx.items.put(item(2))
      })
      expect(await failureOf(store.commit((tx) => tx.items.put({ ...item(3), n: 2 })))).toMatchObject({
        code: 'UNIQUE_CONFLICT',
        details: { index: 'byN', heldBy: 'item 2' },
      })
      await store.close()
      const again = await openState(indexed, { directory, driver })
      expect(again.items.find({ index: 'byA' }).items.map(({ a }) => a)).toEqual(['2', 'changed'])
      expect(again.added.get()).toBe('kept')
    })

    test('[M6] rebuilds an index that is declared differently', async () => {
      const directory = temporaryDirectory()
      const before = await openStore(indexed, { directory, driver })
      await before.commit((tx) => [3, 1, 2].forEach((i) => tx.items.put(item(i))))
      await before.close()
      const indexes = { byA: ['n'], byN: ['n'], byFlag: { fields: ['flag'], unique: true } } as const
      const changed = stateOf({ ...indexed.kinds, items: collection(Item, { key: 'id', indexes }) })
      const store = await openState(changed, { directory, driver })
      expect(store.items.find({ index: 'byA', equals: [2] }).items).toEqual([item(2)])
      await store.commit((tx) => tx.items.put({ ...item(9), flag: true, n: 1 }))
      expect(store.items.count({ index: 'byN', equals: [1] })).toBe(2)
      expect(codeOf(await failureOf(store.commit((tx) => tx.items.put({ ...item(10), flag: true }))))).toBe('UNIQUE_CONFLICT')
      await store.close()
      expect(await failureOf(openStore(indexed, { directory, driver }))).toMatchObject({
        code: 'UNIQUE_CONFLICT',
        details: { kind: 'items', index: 'byN' },
      })
      const back = await openState(changed, { directory, driver })
      expect(back.items.count()).toBe(4)
    })

    test('[M6] is refused where a kind changed its type or its key, and the store stays as it is', async () => {
      const directory = await makePlain(driver, 3)
      const changes = [
        [stateOf({ items: collection(Item, { key: 'a' }) }), 'key', 'id', 'a'],
        [stateOf({ items: document(Item) }), 'type', 'collection', 'document'],
        [stateOf({ items: log(Item) }), 'type', 'collection', 'log'],
      ] as const
      for (const [definition, what, stored, declared] of changes) {
        const error = await failureOf(openStore(definition as StateDefinition, { directory, driver }))
        expect(error).toMatchObject({ code: 'STATE_CHANGED', details: { kind: 'items', what, stored, declared } })
        expect(error.message).toContain('Raise `version` and add a migration')
      }
      const other = defineState({ name: 'others', version: 1, kinds: {} })
      expect(await failureOf(openStore(other, { directory, driver }))).toMatchObject({
        code: 'STORE_MISMATCH',
        details: { stored: 'items', declared: 'others' },
      })
      expect((await openState(plain, { directory, driver })).items.count()).toBe(3)
    })

    test('[M6] the description of the kinds is kept, complete enough to read the store by', async () => {
      const store = await openState(indexed, { driver })
      const tables = await openTables(store.directory, driver)
      const rows = tables.all('SELECT name, description FROM hf_kind ORDER BY id')
      expect(rows.map(([name, description]) => [name, JSON.parse(String(description)) as unknown])).toMatchObject([
        [
          'items',
          {
            type: 'collection',
            feed: 'value',
            key: 'id',
            indexes: {
              byA: { fields: ['a', 'n'], unique: false },
              byFlag: { fields: ['flag'], unique: false },
              byN: { fields: ['n'], unique: true },
            },
          },
        ],
        ['added', { type: 'document', feed: 'value' }],
        ['lines', { type: 'log', feed: 'value', retention: { entries: 5 } }],
      ])
    })

    test('[M6] two programs with different declarations at once: each keeps the other’s indexes and kinds right', async () => {
      const directory = await makePlain(driver, 10)
      const older = await openState(plain, { directory, driver, report: () => undefined })
      await older.commit((tx) => tx.items.put(item(20)))
      const program = new Program<IndexedCalls>(new URL('./indexed-program.ts', import.meta.url))
      await program.call('open', directory, driver)
      await older.commit((tx) => {
        tx.items.put(item(21))
        tx.items.update('item 1', (it) => ({ ...it, a: 'older' }))
        tx.items.delete('item 2')
      })
      expect(await program.call('findByA', 'older')).toEqual(['item 1'])
      expect(await program.call('findByA', '2')).toEqual(['item 9'])
      expect(await program.call('findByA', '0')).toEqual(['item 0', 'item 7', 'item 21'])
      expect(codeOf(await failureOf(older.commit((tx) => tx.items.put({ ...item(30), n: 21 }))))).toBe('UNIQUE_CONFLICT')
      await program.call('setAdded', 'x')
      await program.call('put', { ...item(22), a: 'newer' })
      await new Promise((resolve) => setImmediate(resolve))
      expect([older.items.count(), older.items.get('item 22')?.a]).toEqual([12, 'newer'])
    })
  })
})

test('[M6] an index that another program declares by the same name is not taken for one’s own', async () => {
  const directory = temporaryDirectory()
  const mine = stateOf({ items: collection(Item, { key: 'id', indexes: { byA: ['n', 'a'] } }) })
  const store = await openState(mine, { directory })
  await store.commit((tx) => [1, 2, 3].forEach((i) => tx.items.put(item(i))))
  expect(store.items.find({ index: 'byA', equals: [2] }).items).toEqual([item(2)])
  const program = new Program<IndexedCalls>(new URL('./indexed-program.ts', import.meta.url))
  await program.call('open', directory, 'node:sqlite')
  await new Promise((resolve) => setImmediate(resolve))
  expect(() => store.items.find({ index: 'byA', equals: [2] })).toThrow(expect.objectContaining({ code: 'INDEX_UNKNOWN' }))
  await store.commit((tx) => tx.items.put(item(4)))
  expect(await program.call('findByA', '4')).toEqual(['item 4'])
})

test('[M6] [P7] an index over 50,000 records is built by the helper: the event loop turns meanwhile', async () => {
  const directory = await makePlain('node:sqlite', 50_000)
  const { seen, stop } = watchStatements()
  let turns = 0
  let isOpen = false
  const count = (): void => {
    turns += 1
    if (!isOpen) setImmediate(count)
  }
  setImmediate(count)
  const store = await openState(indexed, { directory })
  isOpen = true
  stop()
  expect(turns).toBeGreaterThan(100)
  expect(seen.prepared.filter((sql) => /^\s*(CREATE|ALTER|UPDATE k)/i.test(sql) && !/WHERE (key|seq) = \?/.test(sql))).toEqual([])
  expect(store.items.count({ index: 'byA', equals: ['0'] })).toBe(Math.ceil(50_000 / 7))
  expect(store.items.find({ index: 'byN', order: 'desc', limit: 1 }).items).toEqual([item(49_999)])
})
