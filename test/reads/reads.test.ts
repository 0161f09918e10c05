import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { setTitleMeanwhile } from '../support/meanwhile.ts'
import { openState } from '../support/open-state.ts'
import { openElsewhere } from '../support/other-process.ts'
import { host, openSample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

eachDriver((driver) => {
  describe('reads', () => {
    test('[R1] answer at once and see the newest commit', async () => {
      const store = await openSample({ driver })
      for (let n = 1; n <= 20; n += 1) {
        await store.commit((tx) => {
          tx.counter.set(n)
          tx.hosts.put(host('a', 'up', { seen: n }))
          tx.lines.append(`line ${n}`)
        })
        expect(store.counter.get()).toBe(n)
        expect(store.hosts.get('a')?.seen).toBe(n)
        expect(store.hosts.find({ index: 'byStatus', equals: ['up', n] }).items).toHaveLength(1)
        expect(store.lines.read({ limit: 1 })[0]?.value).toBe(`line ${n}`)
        expect(store.lines.count()).toBe(n)
      }
    })

    test('[R1] a commit that is not acknowledged yet, and that no follower sees, is read already', async () => {
      const store = await openSample({ driver })
      const before = store.cursor
      const committed = store.commit((tx) => tx.counter.set(1))
      // Queued behind the group that runs the commit, in the same turn.
      await new Promise((resolve) => setImmediate(resolve))
      expect([store.counter.get(), store.health().published]).toEqual([1, 0])
      expect(store.cursor).toBe(before)
      await committed
      expect(store.health().published).toBe(1)
    })

    test('[R1] never see a part of a commit of another process', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      const rounds = 60
      let isWriting = true
      const writing = (async () => {
        for (let n = 1; n <= rounds; n += 1) {
          await other.call(
            'put',
            Array.from({ length: 10 }, (_, i) => host(`h${i}`, n % 2 === 0 ? 'up' : 'down', { seen: n })),
          )
        }
        isWriting = false
      })()
      const seen = new Set<number | undefined>()
      while (isWriting) {
        const one = store.hosts.get('h3')?.seen
        const all = store.hosts.find().items.map((item) => item.seen)
        const byStatus = store.hosts.find({ index: 'byStatus', order: 'desc' }).items.map((item) => item.seen)
        expect(new Set([...all, ...byStatus]).size).toBeLessThan(2)
        if (all.length > 0) expect(all[0]).toBe(one)
        seen.add(one)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writing
      expect(seen.size).toBeGreaterThan(5)
    })

    test('[R1] reads of one turn agree with each other, whatever another process commits meanwhile', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => tx.title.set('before'))
      const first = store.title.get()
      setTitleMeanwhile(store.directory, driver, 'after')
      expect([first, store.title.get(), store.health().revision]).toEqual(['before', 'before', 1])
      await new Promise((resolve) => setImmediate(resolve))
      expect(store.title.get()).toBe('after')
    })

    test('[R4] what was never set is undefined, and differs from null and from everything empty', async () => {
      const Anything = z.union([z.null(), z.string(), z.array(z.string()), z.strictObject({}), z.number(), z.boolean()])
      const state = defineState({ name: 'anything', version: 1, kinds: { thing: document(Anything), entries: log(Anything) } })
      const store = await openState(state, { driver })
      expect(store.thing.get()).toBeUndefined()
      expect(store.thing.entry()).toBeUndefined()
      for (const value of [null, '', [], {}, 0, false]) {
        await store.commit((tx) => {
          tx.thing.set(value)
          tx.entries.append(value)
        })
        expect(store.thing.get()).toStrictEqual(value)
        expect(store.thing.entry()?.value).toStrictEqual(value)
        expect(store.entries.read({ limit: 1 })[0]?.value).toStrictEqual(value)
      }
      await store.commit((tx) => tx.thing.delete())
      expect(store.thing.get()).toBeUndefined()
      expect(store.thing.entry()).toBeUndefined()
    })

    test('[R4] a record that is not there is undefined; a field that is not there is not null', async () => {
      const Thing = z.object({ id: z.string(), note: z.string().nullable().optional() })
      const state = defineState({ name: 'things', version: 1, kinds: { things: collection(Thing, { key: 'id' }) } })
      const store = await openState(state, { driver, memory: true })
      await store.commit((tx) => {
        tx.things.put({ id: 'null', note: null })
        tx.things.put({ id: 'absent' })
        tx.things.put({ id: 'undefined', note: undefined })
        tx.things.put({ id: 'empty', note: '' })
      })
      expect(store.things.get('no')).toBeUndefined()
      expect(store.things.entry('no')).toBeUndefined()
      expect(store.things.get('null')).toStrictEqual({ id: 'null', note: null })
      expect(store.things.get('absent')).toStrictEqual({ id: 'absent' })
      expect(store.things.get('undefined')).toStrictEqual({ id: 'undefined' })
      expect(store.things.get('empty')).toStrictEqual({ id: 'empty', note: '' })
    })

    test('[R6] [X37] reading, taking snapshots, following and watching write nothing', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        tx.title.set('t')
        for (let i = 0; i < 50; i += 1) tx.hosts.put(host(`h${i}`))
        tx.lines.append('l')
      })
      const witness = (await loadDriver(driver)).open({ file: join(store.directory, 'store.db'), readOnly: true })
      const version = witness.prepare('PRAGMA data_version')
      const measure = (): unknown => [version.get()?.[0], statSync(join(store.directory, 'store.db-wal')).size]
      const before = measure()

      for (let i = 0; i < 50; i += 1) {
        store.hosts.get(`h${i}`)
        store.hosts.entry('missing')
        store.hosts.find({ index: 'byStatus', equals: ['up'], limit: 7 })
        store.hosts.count()
        store.lines.read()
        store.title.get()
        store.why('hosts', 'h1')
        store.health()
        await new Promise((resolve) => setImmediate(resolve))
      }
      const stop = store.hosts.watch(() => undefined)
      await store.snapshot()
      await store.snapshot(['hosts'], { shared: true })
      const follower = store.follow()
      await take(follower, 1)
      await follower.return()
      stop()
      await store.prune()

      expect(measure()).toEqual(before)
      witness.close()
    })

    test('reads of keys and streams that no record can have find nothing, not another one', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        tx.hosts.put(host('\ufffd'))
        tx.hosts.put(host('a'))
        tx.lines.append('replacement', { stream: '\ufffd' })
        tx.lines.append('a', { stream: 'a' })
      })
      for (const text of ['\ud800', 'a\0b', 'a\0', '\udc00']) {
        expect(store.hosts.get(text)).toBeUndefined()
        expect(store.hosts.entry(text)).toBeUndefined()
        expect(store.why('hosts', text)).toBeUndefined()
        expect(store.lines.read({ stream: text })).toEqual([])
        expect(store.lines.count({ stream: text })).toBe(0)
        expect((await store.commit((tx) => tx.hosts.delete(text))).value).toBe(false)
      }
      expect(store.hosts.count()).toBe(2)
      const { revision } = await store.commit((tx) => [tx.hosts.get('\ud800'), tx.lines.count({ stream: '\ud800' })])
      expect(revision).toBe(1)
    })
  })
})

test('[R1] a store that two handles share is one store', async () => {
  const directory = temporaryDirectory()
  const [a, b] = [await openSample({ directory }), await openSample({ directory })]
  await a.commit((tx) => tx.hosts.put(host('a')))
  expect(b.hosts.get('a')).toBe(a.hosts.get('a'))
})
