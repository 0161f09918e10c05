import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Change, collection, defineState, document, openStore, type Store } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { hasStrace, isRoot } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { attach } from '../support/strace.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Viewer, withMemory } from './soft-state.ts'
import type { SoftCalls } from './soft-program.ts'

type WithMemory = Store<typeof withMemory>

/** Everything in the files of a store, as bytes. */
function filesOf(directory: string): string {
  return readdirSync(directory)
    .filter((name) => name.startsWith('store.db'))
    .map((name) => readFileSync(join(directory, name)).toString('latin1'))
    .join('')
}

eachDriver((driver) => {
  describe('[D4] what belongs to one process', () => {
    const open = (): Promise<WithMemory> => openState(withMemory, { driver })

    test('[D4] is written, read, found and counted like any other', async () => {
      const store = await open()
      await store.commit((tx) => {
        tx.capability.set('raw sockets')
        for (const id of ['b', 'a', 'c']) tx.viewers.insert({ id, room: id === 'c' ? 'x' : 'y', at: 1 })
        expect(tx.viewers.find({ index: 'byRoom', equals: ['y'] }).items.map(({ id }) => id)).toEqual(['a', 'b'])
      })
      expect([store.capability.get(), store.viewers.get('a'), store.viewers.count()]).toEqual([
        'raw sockets',
        { id: 'a', room: 'y', at: 1 },
        3,
      ])
      expect(store.viewers.get('a')).toBe(store.viewers.get('a'))
      expect(store.viewers.find({ index: 'byRoom', order: 'desc', limit: 2 }).items.map(({ id }) => id)).toEqual(['b', 'a'])
      expect(await outcomeOf(store.commit((tx) => tx.viewers.insert({ id: 'a', room: 'z', at: 2 })))).toBe('KEY_EXISTS')
      expect(await outcomeOf(store.commit((tx) => tx.viewers.put({ id: 'd', room: 'y', at: 2, seat: 1 })))).toMatchObject({ changed: true })
      expect(await outcomeOf(store.commit((tx) => tx.viewers.put({ id: 'e', room: 'y', at: 2, seat: 1 })))).toBe('UNIQUE_CONFLICT')
    })

    test('[D4] takes no revision, and has no history, no feed and no snapshot', async () => {
      const store = await open()
      const first = await store.commit((tx) => tx.title.set('one'))
      const local = await store.commit((tx) => tx.capability.set('secret canary'))
      expect(local).toMatchObject({ revision: first.revision, changed: true })
      const mixed = await store.commit((tx) => {
        tx.title.set('two')
        tx.capability.set('another canary')
      })
      expect(mixed.revision).toBe(first.revision + 1)
      const commits = await take(store.follow(), 2)
      expect(commits.flatMap(({ changes }) => changes.map(({ kind }) => kind))).toEqual(['title', 'title'])
      const snapshot = await store.snapshot()
      expect(Object.keys(snapshot.kinds)).toEqual(['title'])
      expect(filesOf(store.directory)).not.toContain('canary')
      expect(store.why('capability')).toBeUndefined()
    })

    test('[D4] is rolled back with the commit that wrote it, alone and in a group', async () => {
      const store = await open()
      await store.commit((tx) => tx.capability.set('before'))
      const fail = (): Promise<unknown> =>
        outcomeOf(
          store.commit((tx) => {
            tx.capability.set('never')
            tx.viewers.put({ id: 'never', room: 'x', at: 0 })
            throw new Error('no')
          }),
        )
      expect(await fail()).toBe('no')
      const together = [
        store.commit((tx) => tx.viewers.put({ id: '1', room: 'x', at: 0 })),
        fail(),
        store.commit((tx) => tx.title.set('t')),
      ]
      await Promise.all(together)
      expect([store.capability.get(), store.viewers.find({}).items.map(({ id }) => id), store.title.get()]).toEqual(['before', ['1'], 't'])
    })

    test('[D4] is watched: once a commit, after it, with what was there before and no commit', async () => {
      const store = await open()
      const seen: (readonly Change[])[] = []
      const arguments_: number[] = []
      let isInside = false
      const stop = store.viewers.watch((...given) => {
        expect(isInside).toBe(false)
        seen.push(given[0])
        arguments_.push(given.length - (given[1 as 0] === undefined ? 1 : 0))
      })
      await store.commit((tx) => {
        isInside = true
        tx.viewers.put({ id: 'a', room: 'x', at: 1 })
        tx.viewers.put({ id: 'a', room: 'x', at: 2 })
        tx.viewers.put({ id: 'b', room: 'x', at: 1 })
        isInside = false
      })
      await store.commit((tx) => tx.viewers.put({ id: 'b', room: 'x', at: 1 }))
      await store.commit((tx) => tx.viewers.delete('a'))
      stop()
      await store.commit((tx) => tx.viewers.delete('b'))
      const a = { id: 'a', room: 'x', at: 2 }
      expect(seen).toEqual([
        [
          { kind: 'viewers', op: 'put', key: 'a', value: a },
          { kind: 'viewers', op: 'put', key: 'b', value: { id: 'b', room: 'x', at: 1 } },
        ],
        [{ kind: 'viewers', op: 'delete', key: 'a', before: a }],
      ])
      expect(arguments_).toEqual([1, 1])
    })

    test('[D4] [C6] a record counts the commits that wrote its kind, for whoever expects one', async () => {
      const store = await open()
      await store.commit((tx) => tx.viewers.put({ id: 'a', room: 'x', at: 1 }))
      const { revision } = store.viewers.entry('a') as { revision: number }
      await store.commit((tx) => tx.viewers.put({ id: 'a', room: 'x', at: 2 }, { expect: revision }))
      expect(store.viewers.entry('a')?.revision).toBeGreaterThan(revision)
      expect(await outcomeOf(store.commit((tx) => tx.viewers.put({ id: 'a', room: 'x', at: 3 }, { expect: revision })))).toBe(
        'REVISION_CONFLICT',
      )
    })

    test('[D4] is gone with the process, and shared by its handles', async () => {
      const directory = temporaryDirectory()
      const one = await openStore(withMemory, { directory, driver })
      const other = await openStore(withMemory, { directory, driver })
      await one.commit((tx) => tx.capability.set('here'))
      expect(other.capability.get()).toBe('here')
      await one.close()
      expect(other.capability.get()).toBe('here')
      await other.close()
      const again = await openState(withMemory, { directory, driver })
      expect([again.capability.get(), again.viewers.count()]).toEqual([undefined, 0])
    })

    test('[D4] [M4] reads as empty in a store opened read-only', async () => {
      const directory = temporaryDirectory()
      const writer = await openState(withMemory, { directory, driver })
      await writer.commit((tx) => tx.title.set('t'))
      await writer.close()
      const reader = await openState(withMemory, { directory, driver, readOnly: true })
      expect([reader.title.get(), reader.capability.get(), reader.viewers.find({}).items]).toEqual(['t', undefined, []])
    })

    test('[D4] [M6] leaves what the store has by its name, and says so', async () => {
      const directory = temporaryDirectory()
      const before = defineState({ name: 'soft', version: 1, kinds: { title: document(z.string()), capability: document(z.string()) } })
      const old = await openStore(before, { directory, driver })
      await old.commit((tx) => tx.capability.set('on disk'))
      await old.close()
      const reports: string[] = []
      const store = await openStore(withMemory, { directory, driver, report: ({ message }) => void reports.push(message) })
      expect(store.capability.get()).toBeUndefined()
      await store.close()
      expect(reports.filter((message) => message.includes('"capability"'))).toHaveLength(1)
      const again = await openState(before, { directory, driver, report: () => undefined })
      expect(again.capability.get()).toBe('on disk')
    })

    test.skipIf(!hasStrace || !isRoot)('[D4] [C8] survives that the disk fails and the store opens itself anew', async () => {
      const directory = temporaryDirectory()
      const program = new Program<SoftCalls>(new URL('./soft-program.ts', import.meta.url))
      await program.call('open', { directory, driver })
      await program.call('capability', 'kept')
      await program.call('viewer', 'v')
      const strace = await attach(program.pid, {
        calls: ['pwrite64'],
        inject: 'error=EIO:when=1',
        path: join(directory, 'store.db-wal'),
        isForAll: false,
      })
      expect(await program.call('title', 'lost')).toBe('COMMIT_UNKNOWN')
      await strace.detach()
      expect(await program.call('title', 'after')).toMatchObject({ changed: true })
      expect(await program.call('local')).toEqual(['kept', ['v']])
      await program.kill()
    })
  })
})

test('[D4] a feed of what belongs to one process is refused', () => {
  const options = { key: 'id', durability: 'memory', feed: 'key' } as const
  expect(outcome(() => collection(Viewer, options as never))).toBe('OPTION_INVALID')
  expect(outcome(() => document(z.string(), { durability: 'memory', feed: 'value' } as never))).toBe('OPTION_INVALID')
})

test('[D4] a commit of nothing else resolves before one that waits for the disk, and asks for no sync', async () => {
  const store = await openState(withMemory)
  const order: string[] = []
  const done = (name: string) => () => void order.push(name)
  await Promise.all([
    store.commit((tx) => tx.title.set('t')).then(done('power')),
    store.commit((tx) => tx.capability.set('c')).then(done('memory')),
  ])
  expect(order).toEqual(['memory', 'power'])
})

test('[D4] [N2] a watcher that throws is reported', async () => {
  const messages: string[] = []
  const store = await openState(withMemory, { report: ({ message }) => void messages.push(message) })
  store.capability.watch(() => {
    throw new Error('watcher')
  })
  await store.commit((tx) => tx.capability.set('x'))
  expect(messages).toEqual(['A watcher of "capability" threw.'])
})
