import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, openStore } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { failureOf, outcomeOf } from '../support/outcome.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Transactions in a write-ahead log that has not begun anew: the last frame of each holds the size of the database. */
function countTransactions(directory: string): number {
  const wal = readFileSync(join(directory, 'store.db-wal'))
  const frameBytes = 24 + wal.readUInt32BE(8)
  let count = 0
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) {
    const isInUse = wal.subarray(at + 8, at + 16).equals(wal.subarray(16, 24))
    if (isInUse && wal.readUInt32BE(at + 4) !== 0) count += 1
  }
  return count
}

eachDriver((driver) => {
  describe('one commit', () => {
    test('[P2] [C1] is one transaction of the log, so that no crash leaves a part of it', async () => {
      const store = await openSample({ driver, durability: 'process' })
      await store.commit((tx) => tx.counter.set(1))
      const before = countTransactions(store.directory)
      for (let n = 2; n <= 4; n += 1) {
        await store.commit((tx) => {
          tx.counter.set(n)
          for (let i = 0; i < 100; i += 1) tx.hosts.put(host(`${n} ${i}`, 'x'.repeat(500)))
          tx.lines.append('l')
        })
      }
      expect(countTransactions(store.directory) - before).toBe(3)
    })

    test('[C1] gives all its changes one revision, in the records, in the history and in followers', async () => {
      const store = await openSample({ driver })
      const follower = store.follow()
      const first = await store.commit((tx) => tx.counter.set(1))
      const { revision } = await store.commit((tx) => {
        tx.title.set('a')
        tx.hosts.put(host('1'))
        tx.hosts.put(host('2'))
        tx.lines.append('x')
        tx.lines.append('y', { stream: 's' })
      })
      expect([first.revision, revision]).toEqual([1, 2])
      const stamps = [store.title.entry(), store.hosts.entry('1'), store.hosts.entry('2'), ...store.lines.read()]
      expect(stamps.map((stamp) => stamp?.revision)).toEqual([2, 2, 2, 2, 2])
      expect(new Set(stamps.map((stamp) => stamp?.at)).size).toBe(1)
      const [one, two] = await take(follower, 2)
      expect(one?.changes).toHaveLength(1)
      expect(two?.revision).toBe(2)
      expect(two?.changes.map(({ kind }) => kind)).toEqual(['title', 'hosts', 'hosts', 'lines', 'lines'])
      await follower.return()
    })

    test('[C1] shows nothing outside until it is over, and then everything, also to a second handle', async () => {
      const directory = temporaryDirectory()
      const store = await openSample({ driver, directory })
      const other = await openSample({ driver, directory })
      const pending = store.commit((tx) => {
        tx.title.set('a')
        tx.hosts.put(host('1'))
        expect(tx.hosts.count()).toBe(1)
      })
      expect([store.title.get(), other.title.get(), store.hosts.count()]).toEqual([undefined, undefined, 0])
      await pending
      expect([store.title.get(), other.title.get(), other.hosts.count()]).toEqual(['a', 'a', 1])
    })

    test('[C1] sees its own writes, and those only', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1')))
      await store.commit((tx) => {
        tx.hosts.put(host('2', 'down'))
        tx.hosts.delete('1')
        expect(tx.hosts.get('1')).toBeUndefined()
        expect(tx.hosts.find().items).toEqual([host('2', 'down')])
        expect(tx.hosts.find({ index: 'byStatus', equals: ['up'] }).items).toEqual([])
        expect(tx.hosts.entry('2')?.revision).toBe(2)
        tx.lines.append('l')
        expect(tx.lines.read().map(({ value }) => value)).toEqual(['l'])
        expect(tx.lines.count({ stream: 'other' })).toBe(0)
      })
    })

    test('[C9] records time, instance, actor and label, and why tells who wrote a value', async () => {
      const before = Date.now()
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1')), { actor: 'ann', label: 'found' })
      await store.commit((tx) => tx.title.set('t'))
      await store.commit((tx) => tx.lines.append('l'), { actor: 'bob' })
      const { at, instance, ...found } = store.why('hosts', '1') ?? {}
      expect(found).toEqual({ revision: 1, actor: 'ann', label: 'found' })
      expect(at).toBeGreaterThanOrEqual(before)
      expect(at).toBeLessThanOrEqual(Date.now())
      expect(instance).toMatch(/^[A-Za-z0-9_-]{8}$/)
      expect(store.why('title')).toMatchObject({ revision: 2, actor: undefined, label: undefined, instance })
      expect(store.why('lines', '1')).toMatchObject({ revision: 3, actor: 'bob' })
      expect(store.why('hosts', 'nobody')).toBeUndefined()
      const [commit] = await take(store.follow(), 1)
      expect(commit).toMatchObject({ revision: 1, actor: 'ann', label: 'found', at, instance })
    })

    test('[C9] each open of a store is an instance of its own', async () => {
      const directory = temporaryDirectory()
      const instances: unknown[] = []
      for (const title of ['a', 'b']) {
        const store = await openSample({ driver, directory })
        await store.commit((tx) => tx.title.set(title))
        instances.push(store.why('title')?.instance)
        await store.close()
      }
      expect(new Set(instances).size).toBe(2)
    })

    test('[C9] refuses texts that SQLite would give back as others, since the check of the history covers them', async () => {
      const store = await openSample({ driver, memory: true })
      for (const option of ['label', 'actor', 'id', 'action']) {
        for (const text of ['\ud800', 'a\0b', 'x'.repeat(1025)]) {
          const error = await failureOf(store.commit((tx) => tx.title.set('a'), { [option]: text }))
          expect(error).toBeInstanceOf(TypeError)
          expect(error.message).toContain(`Expected "${option}" to be a well-formed string`)
        }
      }
      expect(store.health().revision).toBe(0)
      await store.commit((tx) => tx.title.set('a'), { label: '', actor: '', id: '', action: '' })
      await store.commit((tx) => tx.title.set('b'), { label: '日本 😀 "\n', actor: 'ü'.repeat(1024) })
      expect(store.why('title')?.label).toBe('日本 😀 "\n')
    })
  })

  describe('a commit that changes nothing', () => {
    const nothing = {
      'writes nothing': () => undefined,
      'puts what is there': (tx) => tx.hosts.put(host('1')),
      'puts what is there with its properties in the same order but undefined ones': (tx) =>
        tx.hosts.put({ ...host('1'), name: undefined, seen: undefined }),
      'sets a document to what it is': (tx) => tx.title.set('t'),
      'updates a record to itself': (tx) => tx.hosts.update('1', (there) => there),
      'changes a record and changes it back': (tx) => {
        tx.hosts.put(host('1', 'down'))
        tx.hosts.put(host('1', 'gone'))
        tx.hosts.put(host('1'))
      },
      'deletes a record and inserts it again': (tx) => {
        tx.hosts.delete('1')
        tx.hosts.insert(host('1'))
      },
      'inserts a record and deletes it': (tx) => {
        tx.hosts.insert(host('9'))
        tx.hosts.put(host('9', 'down'))
        tx.hosts.delete('9')
      },
      'deletes a document and sets it again': (tx) => {
        tx.title.delete()
        tx.title.set('t')
      },
      'deletes what is not there': (tx) => {
        expect(tx.hosts.delete('9')).toBe(false)
        expect(tx.counter.delete()).toBe(false)
      },
    } satisfies { [what: string]: (tx: Parameters<Parameters<Awaited<ReturnType<typeof openSample>>['commit']>[0]>[0]) => unknown }

    test.each(Object.entries(nothing))(
      '[C2] because it %s, takes no revision, leaves the entry as it was and sends nothing',
      async (_, change) => {
        const store = await openSample({ driver, memory: true })
        await store.commit((tx) => {
          tx.title.set('t')
          tx.hosts.put(host('1'))
        })
        const entries = [store.hosts.entry('1'), store.title.entry()]
        const heard = new Promise((resolve) => store.hosts.watch((_changes, { revision }) => resolve(revision)))
        const follower = store.follow({ after: store.cursor })
        const result = await store.commit(change)
        expect(result).toMatchObject({ revision: 1, changed: false })
        expect([store.hosts.entry('1'), store.title.entry()]).toEqual(entries)
        const after = await store.commit((tx) => tx.hosts.put(host('2')))
        expect(after).toMatchObject({ revision: 2, changed: true })
        const [next] = await take(follower, 1)
        expect(next).toMatchObject({ revision: 2, changes: [{ key: '2' }] })
        expect(await heard).toBe(2)
      },
    )

    test('[C2] [R2] gives the same object afterwards, also after it was changed and changed back', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'one', seen: 1 })))
      const before = store.hosts.get('1')
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'down'))
        tx.hosts.put(host('1', 'up', { name: 'one', seen: 1 }))
      })
      expect(store.hosts.get('1')).toBe(before)
      expect(store.hosts.find({ index: 'byName', equals: ['one'] }).items[0]).toBe(before)
      expect(store.hosts.find({ index: 'byStatus', equals: ['up', 1] }).items[0]).toBe(before)
    })

    test('[C2] is not one when another kind changes; then only what changed is in the commit', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1')))
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'down'))
        tx.hosts.put(host('1'))
        tx.title.set('t')
      })
      expect([store.hosts.entry('1')?.revision, store.title.entry()?.revision]).toEqual([1, 2])
      const commits = await take(store.follow(), 2)
      expect(commits[1]?.changes).toEqual([{ kind: 'title', op: 'put', key: '', value: 't' }])
    })

    test('[C2] is not one when −0 takes the place of 0: they are the same stored text', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.counter.set(0))
      expect(await store.commit((tx) => tx.counter.set(-0))).toMatchObject({ changed: false, revision: 1 })
    })

    test('[C2] is one when the order of properties differs: equal means equal stored text', async () => {
      const state = defineState({ name: 'any', version: 1, kinds: { doc: document(z.any()) } })
      const store = await openStore(state, { memory: true, driver })
      await store.commit((tx) => tx.doc.set({ a: 1, b: 2 }))
      expect(await store.commit((tx) => tx.doc.set({ b: 2, a: 1 }))).toMatchObject({ changed: true, revision: 2 })
      await store.close()
    })
  })

  describe('size', () => {
    test('[C10] a commit over maxCommitBytes is refused before COMMIT, and nothing of it is there', async () => {
      const store = await openSample({ driver, memory: true, maxCommitBytes: 1000 })
      await store.commit((tx) => tx.title.set('x'.repeat(900)))
      const large = [
        store.commit((tx) => tx.title.set('y'.repeat(1000))),
        store.commit((tx) => {
          for (let i = 0; i < 30; i += 1) tx.hosts.put(host(`${i}`))
        }),
        store.commit((tx) => tx.lines.append('é'.repeat(501))),
        store.commit((tx) => {
          for (let i = 0; i < 40; i += 1) tx.lines.append('twenty characters ok')
        }),
      ]
      for (const commit of large) {
        expect(await failureOf(commit)).toMatchObject({ code: 'COMMIT_TOO_LARGE', details: { maxBytes: 1000 } })
      }
      expect([store.title.get()?.length, store.hosts.count(), store.lines.count(), store.health().revision]).toEqual([900, 0, 0, 1])
      expect(await outcomeOf(store.commit((tx) => tx.lines.append('fits')))).toMatchObject({ revision: 2 })
    })

    test('[C10] what was there before counts, since the history holds it', async () => {
      const store = await openSample({ driver, memory: true, maxCommitBytes: 1000 })
      await store.commit((tx) => tx.title.set('x'.repeat(600)))
      expect(await outcomeOf(store.commit((tx) => tx.title.set('y'.repeat(600))))).toBe('COMMIT_TOO_LARGE')
      expect(await outcomeOf(store.commit((tx) => tx.title.set('y'.repeat(300))))).toMatchObject({ changed: true })
    })

    test('[C10] the limit is 16 MiB unless the options say otherwise', async () => {
      const store = await openSample({ driver, memory: true })
      expect(await outcomeOf(store.commit((tx) => tx.title.set('x'.repeat(16 * 1024 * 1024))))).toBe('COMMIT_TOO_LARGE')
      expect(await outcomeOf(store.commit((tx) => tx.title.set('x'.repeat(15 * 1024 * 1024))))).toMatchObject({ revision: 1 })
    })

    test('[C10] a callback that catches the refusal and goes on does not get past it', async () => {
      const store = await openSample({ driver, memory: true, maxCommitBytes: 1000 })
      const commit = store.commit((tx) => {
        for (const address of ['1', '2', '3']) {
          try {
            tx.hosts.put(host(address, 'x'.repeat(600)))
          } catch {
            continue
          }
        }
      })
      expect(await outcomeOf(commit)).toBe('COMMIT_TOO_LARGE')
      expect(store.hosts.count()).toBe(0)
    })
  })

  describe('values', () => {
    test('[X24] every kind reads back the shape that was stored, at once and after reopening', async () => {
      const state = defineState({
        name: 'shapes',
        version: 1,
        kinds: {
          lastTarget: document(z.any()),
          records: collection(z.any(), { key: 'id' }),
          events: log(z.any()),
        },
      })
      const directory = temporaryDirectory()
      const shapes = [
        null,
        '',
        {},
        [],
        0,
        false,
        { id: 'x', deep: [{ a: [null, { '': '' }] }] },
        '日本 😀',
        'x'.repeat(20_000),
        1e308,
        -0.1,
      ]
      let store = await openStore(state, { directory, driver })
      for (const [i, shape] of shapes.entries()) {
        await store.commit((tx) => {
          tx.lastTarget.set(shape)
          tx.records.put({ id: `${i}`, shape })
          tx.events.append(shape)
        })
        expect(store.lastTarget.get()).toEqual(shape)
      }
      const read = (): unknown => [store.records.find().items, store.events.read().map(({ value }) => value), store.lastTarget.get()]
      const inProcess = read()
      expect((inProcess as unknown[][])[1]).toEqual(shapes)
      await store.close()
      store = await openStore(state, { directory, driver })
      expect(read()).toEqual(inProcess)
      await store.close()
    })

    test('[V2] [X24] a getter that answers differently each time is read once: key, index and value agree', async () => {
      const state = defineState({
        name: 'getters',
        version: 1,
        kinds: { records: collection(z.custom<{ id: string; status: string }>(), { key: 'id', indexes: { byStatus: ['status'] } }) },
      })
      const store = await openStore(state, { memory: true, driver })
      let reads = 0
      const shifty = {
        get id() {
          return `id${(reads += 1)}`
        },
        get status() {
          return `status${(reads += 1)}`
        },
      }
      await store.commit((tx) => tx.records.put(shifty))
      const { items } = store.records.find()
      const [item] = items
      expect(items).toHaveLength(1)
      expect(store.records.get(item?.id ?? '')).toEqual(item)
      expect(store.records.find({ index: 'byStatus', equals: [item?.status ?? ''] }).items).toEqual([item])
      await store.close()
    })

    test('[V2] a value is read when it is written; what happens to it later changes nothing', async () => {
      const store = await openSample({ driver, memory: true })
      const value = host('1')
      await store.commit((tx) => {
        tx.hosts.put(value)
        value.status = 'changed'
      })
      expect(store.hosts.get('1')).toEqual(host('1'))
    })
  })
})

test('[C2] the empty store is at revision 0, and so is a commit that changes nothing in it', async () => {
  const store = await openStore(sample, { memory: true })
  expect(await store.commit(() => 'nothing')).toEqual({ revision: 0, changed: false, value: 'nothing' })
  await store.close()
})
