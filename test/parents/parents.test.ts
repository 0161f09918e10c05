import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, openStore } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { findFaults } from '../support/fold.ts'
import { openState } from '../support/open-state.ts'
import { failureOf, outcome, outcomeOf } from '../support/outcome.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const Host = z.object({ address: z.string(), up: z.boolean() })
const Port = z.object({ id: z.string(), host: z.string().optional(), number: z.number() })
const Note = z.object({ id: z.string(), port: z.string(), text: z.string() })

const hosts = collection(Host, { key: 'address' })
const ports = collection(Port, { key: 'id', indexes: { byHost: ['host', 'number'] }, parent: { kind: 'hosts', field: 'host' } })
const orphanable = collection(Port, { key: 'id', indexes: { byHost: ['host', 'number'] } })
const notes = collection(Note, { key: 'id', indexes: { byPort: ['port'] }, parent: { kind: 'ports', field: 'port' } })

const network = defineState({ name: 'network', version: 1, kinds: { hosts, ports, notes } })

const host = (address: string) => ({ address, up: true })
const port = (id: string, of: string | undefined, number = 1) => (of === undefined ? { id, number } : { id, host: of, number })
const note = (id: string, of: string) => ({ id, port: of, text: 'n' })

eachDriver((driver) => {
  describe('[X39] records with parents', () => {
    test('[X39] a parent, its children and their children are written in one commit, and go in one', async () => {
      const store = await openState(network, { driver })
      await store.commit((tx) => {
        for (const address of ['1', '2']) {
          tx.hosts.put(host(address))
          for (const number of [22, 80]) tx.ports.put(port(`${address}:${number}`, address, number))
          tx.notes.put(note(address, `${address}:22`))
        }
      })
      const { revision } = await store.commit((tx) => tx.hosts.delete('1'))
      expect([store.hosts.count(), store.ports.count(), store.notes.count()]).toEqual([1, 2, 1])
      expect([store.ports.get('1:22'), store.notes.get('1')]).toEqual([undefined, undefined])
      const [, commit] = await take(store.follow(), 2)
      expect(commit?.revision).toBe(revision)
      expect(commit?.changes.map(({ kind, op }) => `${kind} ${op}`).toSorted()).toEqual([
        'hosts delete',
        'notes delete',
        'ports delete',
        'ports delete',
      ])
      await store.close()
      expect(findFaults(await openTables(store.directory))).toEqual([])
    })

    test('[X39] a child without its parent is refused, and nothing of the commit is applied', async () => {
      const store = await openState(network, { driver })
      const failure = await failureOf(
        store.commit((tx) => {
          tx.hosts.put(host('1'))
          tx.ports.put(port('p', 'nowhere'))
        }),
      )
      expect(failure).toMatchObject({
        code: 'PARENT_MISSING',
        details: { kind: 'ports', key: 'p', parent: 'hosts', parentKey: '"nowhere"' },
      })
      expect([store.hosts.count(), store.ports.count()]).toEqual([0, 0])
      await store.commit((tx) => {
        tx.ports.put(port('free', undefined))
        tx.hosts.put(host('1'))
        tx.ports.put(port('p', '1'))
      })
      expect(await outcomeOf(store.commit((tx) => tx.ports.update('p', (p) => ({ ...p, host: 'nowhere' }))))).toBe('PARENT_MISSING')
      expect(store.ports.get('p')).toEqual(port('p', '1'))
      const late = store.commit((tx) => {
        tx.hosts.delete('1')
        tx.ports.put(port('late', '1'))
      })
      expect(await outcomeOf(late)).toBe('PARENT_MISSING')
      expect([store.hosts.count(), store.ports.count()]).toEqual([1, 2])
    })

    test('[X39] a child that moves to another parent stays when the one before goes; what the commit wrote itself goes too', async () => {
      const store = await openState(network, { driver })
      await store.commit((tx) => {
        for (const address of ['1', '2']) tx.hosts.put(host(address))
        tx.ports.put(port('p', '1'))
      })
      await store.commit((tx) => {
        tx.ports.put(port('p', '2'))
        tx.ports.put(port('new', '1'))
        tx.hosts.delete('1')
      })
      expect(store.ports.find({}).items).toEqual([port('p', '2')])
      const [, commit] = await take(store.follow(), 2)
      expect(commit?.changes.map(({ kind, op }) => `${kind} ${op}`)).toEqual(['ports put', 'hosts delete'])
      await store.commit((tx) => {
        tx.hosts.delete('2')
        tx.hosts.put(host('2'))
      })
      expect([store.hosts.count(), store.ports.count()]).toEqual([1, 0])
    })

    test('[X39] [C5] a cascade is rolled back with its commit, alone in a group', async () => {
      const store = await openState(network, { driver })
      await store.commit((tx) => {
        tx.hosts.put(host('1'))
        tx.ports.put(port('p', '1'))
      })
      const fail = store.commit((tx) => {
        tx.hosts.delete('1')
        throw new Error('no')
      })
      await Promise.all([store.commit((tx) => tx.hosts.put(host('2'))), outcomeOf(fail), store.commit((tx) => tx.hosts.put(host('3')))])
      expect([store.ports.get('p'), store.hosts.count()]).toEqual([port('p', '1'), 3])
    })

    test('[X39] [M6] a parent declared later is refused under one version, and for orphans under the next', async () => {
      const directory = temporaryDirectory()
      const before = await openState(defineState({ name: 'network', version: 1, kinds: { hosts, ports: orphanable } }), {
        directory,
        driver,
      })
      await before.commit((tx) => {
        tx.hosts.put(host('1'))
        tx.ports.put(port('ok', '1'))
        tx.ports.put(port('orphan', 'gone'))
      })
      await before.close()
      expect(await outcomeOf(openStore(network, { directory, driver }))).toBe('STATE_CHANGED')
      const mend = (up: (tx: { kind(name: string): { delete(key: string): boolean } }) => void) =>
        defineState({ name: 'network', version: 2, kinds: { hosts, ports, notes }, migrations: [{ version: 2, name: 'parents', up }] })
      const failure = await failureOf(
        openStore(
          mend(() => undefined),
          { directory, driver },
        ),
      )
      expect(failure).toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('ports "orphan"') })
      const after = await openState(
        mend((tx) => void tx.kind('ports').delete('orphan')),
        { directory, driver },
      )
      expect(after.ports.find({}).items).toEqual([port('ok', '1')])
    })
  })
})

test('[X39] a parent that cannot be one is refused where the state is declared', () => {
  const declare = (kinds: object) => outcome(() => defineState({ name: 'n', version: 1, kinds: kinds as never }))
  const child = (options: object) => collection(Port, { key: 'id', indexes: { byHost: ['host'] }, ...options } as never)
  expect(declare({ ports })).toBe('DEFINITION_INVALID')
  expect(declare({ hosts, ports: collection(Port, { key: 'id', parent: { kind: 'hosts', field: 'host' } }) })).toBe('DEFINITION_INVALID')
  expect(declare({ hosts: collection(Host, { key: 'address', durability: 'memory' }), ports })).toBe('DEFINITION_INVALID')
  expect(declare({ ports: child({ parent: { kind: 'ports', field: 'host' } }) })).toBe('DEFINITION_INVALID')
  expect(outcome(() => child({ parent: { knid: 'hosts', field: 'host' } }))).toBe('OPTION_INVALID')
  // @ts-expect-error a number names no parent
  collection(Port, { key: 'id', parent: { kind: 'hosts', field: 'number' } })
})
