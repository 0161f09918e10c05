import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, openStore } from '../../src/index.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { eachDriver } from '../support/drivers.ts'
import { codeOf, outcome, outcomeOf } from '../support/outcome.ts'
import { take } from '../support/commits.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

eachDriver((driver) => {
  describe('commits queued together', () => {
    test('[C5] are all rejected by an error that ends their transaction, and nothing of them is there', async () => {
      // Its clock stands still, so that a group takes all that is queued.
      const store = await openStoreWith(new FakeClock().seams, sample, { directory: temporaryDirectory(), driver })
      onTestFinished(() => store.close())
      await store.commit((tx) => tx.title.set('before'))
      const tables = await openTables(store.directory, driver)
      const [lines] = tables.all("SELECT id FROM hf_kind WHERE name = 'lines'")
      tables.exec(`CREATE TRIGGER ends BEFORE INSERT ON k${String(lines?.[0])} BEGIN SELECT RAISE(ROLLBACK, 'ended'); END`)
      const outcomes = await Promise.all([
        outcomeOf(store.commit((tx) => tx.hosts.put(host('1')))),
        outcomeOf(store.commit((tx) => tx.title.set('gone'))),
        outcomeOf(store.commit((tx) => tx.lines.append('l'))),
      ])
      for (const rejected of outcomes) expect(rejected).toContain('ended')
      expect([store.hosts.count(), store.title.get(), store.health().revision]).toEqual([0, 'before', 1])
      expect(await outcomeOf(store.commit((tx) => tx.hosts.put(host('2'))))).toMatchObject({ revision: 2 })
      expect((await take(store.follow(), 2)).map(({ changes }) => changes.length)).toEqual([1, 1])
    })

    test('[C5] succeed and fail each on its own, and failures leave no gap in the revisions', async () => {
      const store = await openSample({ driver })
      const outcomes = await Promise.all([
        outcomeOf(store.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'a' })))),
        outcomeOf(
          store.commit((tx) => {
            tx.hosts.put(host('2'))
            tx.hosts.delete('1')
            tx.lines.append('gone')
            throw new Error('thrown')
          }),
        ),
        outcomeOf(store.commit((tx) => tx.hosts.put(host('3', 'up', { name: 'a' })))),
        outcomeOf(store.commit((tx) => tx.hosts.put({ address: 4 } as never))),
        outcomeOf(store.commit((tx) => tx.lines.append('kept'))),
        outcomeOf(store.commit((tx) => tx.hosts.update('9', (there) => there))),
        outcomeOf(store.commit((tx) => tx.hosts.put(host('5', 'up', { name: 'b' })))),
      ])
      expect(outcomes).toEqual([
        { revision: 1, changed: true, value: undefined },
        'thrown',
        'UNIQUE_CONFLICT',
        'SCHEMA_REJECTED',
        { revision: 2, changed: true, value: 1 },
        'KEY_MISSING',
        { revision: 3, changed: true, value: undefined },
      ])
      expect(store.hosts.find().items.map(({ address }) => address)).toEqual(['1', '5'])
      expect(store.lines.read().map(({ seq, value, revision }) => [seq, value, revision])).toEqual([[1, 'kept', 2]])
      expect((await take(store.follow(), 3)).map(({ revision }) => revision)).toEqual([1, 2, 3])
    })

    test('[C5] see what those before them in the group wrote, and nothing of those that failed', async () => {
      const store = await openSample({ driver, memory: true })
      const results = await Promise.all([
        store.commit((tx) => tx.counter.set(1)),
        outcomeOf(
          store.commit((tx) => {
            tx.counter.update((count) => (count ?? 0) + 10)
            throw new Error('no')
          }),
        ),
        store.commit((tx) => tx.counter.get()),
        store.commit((tx) => tx.counter.update((count) => (count ?? 0) + 1)),
        store.commit((tx) => tx.counter.entry()),
      ])
      expect(results[2]).toMatchObject({ value: 1, changed: false, revision: 1 })
      expect(results[4]).toMatchObject({ value: { value: 2, revision: 2 } })
    })

    test('[X22] a hundred concurrent increments come to a hundred', async () => {
      const store = await openSample({ driver })
      await Promise.all(Array.from({ length: 100 }, () => store.commit((tx) => tx.counter.update((count) => (count ?? 0) + 1))))
      expect([store.counter.get(), store.health().revision]).toEqual([100, 100])
    })

    test('[C5] the queue holds 10,000 commits, then QUEUE_FULL, and goes on afterwards', async () => {
      const store = await openSample({ driver, memory: true })
      let run = 0
      const commits = Array.from({ length: 10_050 }, () => outcomeOf(store.commit(() => void (run += 1))))
      expect(store.health().queued).toBe(10_000)
      const outcomes = await Promise.all(commits)
      expect(outcomes.filter((result) => result === 'QUEUE_FULL')).toHaveLength(50)
      expect(outcomes.slice(10_000)).toEqual(Array.from({ length: 50 }, () => 'QUEUE_FULL'))
      expect(run).toBe(10_000)
      expect(await outcomeOf(store.commit((tx) => tx.counter.set(1)))).toMatchObject({ revision: 1 })
    })

    test('[C5] a group ends after 5 ms: many slow commits are several transactions, between which the loop turns', async () => {
      const store = await openSample({ driver, memory: true })
      let turns = 0
      let isOver = false
      const turn = (): void => {
        turns += 1
        if (!isOver) setImmediate(turn)
      }
      setImmediate(turn)
      const slow = (): void => {
        const endsAt = performance.now() + 2
        while (performance.now() < endsAt);
      }
      const seen: number[] = []
      await Promise.all(Array.from({ length: 30 }, () => store.commit(slow).then(() => seen.push(turns))))
      isOver = true
      expect(new Set(seen).size).toBeGreaterThanOrEqual(3)
    })
  })

  describe('a callback that catches', () => {
    test('[C5] [X40] a UNIQUE_CONFLICT may go on, and what it wrote besides is there', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'a' })))
      const { value } = await store.commit((tx) => {
        tx.title.set('before')
        const conflict = outcome(() => tx.hosts.put(host('2', 'up', { name: 'a' })))
        tx.hosts.put(host('2', 'up', { name: 'b' }))
        return conflict
      })
      expect(value).toBe('UNIQUE_CONFLICT')
      expect(store.hosts.find({ index: 'byName' }).items.map(({ address, name }) => [address, name])).toEqual([
        ['1', 'a'],
        ['2', 'b'],
      ])
      const [, commit] = await take(store.follow(), 2)
      expect(commit?.changes.map(({ kind }) => kind)).toEqual(['title', 'hosts'])
    })

    test('[C5] a UNIQUE_CONFLICT and then throws is rolled back whole', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'a' })))
      const commit = store.commit((tx) => {
        tx.hosts.put(host('2', 'up', { name: 'b' }))
        const caught = outcome(() => tx.hosts.put(host('2', 'up', { name: 'a' })))
        throw new Error(`after ${codeOf(caught)}`)
      })
      expect(await outcomeOf(Promise.all([commit, store.commit((tx) => tx.title.set('other'))]))).toBe('after UNIQUE_CONFLICT')
      expect(store.hosts.find().items).toEqual([host('1', 'up', { name: 'a' })])
      expect(store.title.get()).toBe('other')
    })

    test('[C5] an update refused by a unique index leaves the record, its index and its cache as they were', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'up', { name: 'a' }))
        tx.hosts.put(host('2', 'up', { name: 'b' }))
      })
      const { value, changed } = await store.commit((tx) => [
        outcome(() => tx.hosts.update('2', (there) => ({ ...there, name: 'a', status: 'down' }))),
        tx.hosts.get('2'),
      ])
      expect([value, changed]).toEqual([['UNIQUE_CONFLICT', host('2', 'up', { name: 'b' })], false])
      expect(store.hosts.find({ index: 'byStatus', equals: ['down'] }).items).toEqual([])
    })

    test('[C5] two records can swap what a unique index holds, by way of a third value', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'up', { name: 'a' }))
        tx.hosts.put(host('2', 'up', { name: 'b' }))
      })
      await store.commit((tx) => {
        tx.hosts.put(host('1'))
        tx.hosts.put(host('2', 'up', { name: 'a' }))
        tx.hosts.put(host('1', 'up', { name: 'b' }))
      })
      expect(store.hosts.find({ index: 'byName' }).items.map(({ address }) => address)).toEqual(['2', '1'])
      const [, swap] = await take(store.follow(), 2)
      expect(swap?.changes).toMatchObject([
        { key: '1', value: { name: 'b' }, before: { name: 'a' } },
        { key: '2', value: { name: 'a' }, before: { name: 'b' } },
      ])
    })

    test('[C5] puts the same record with its unique value into a store that has not read it', async () => {
      const store = await openSample({ driver })
      const { directory } = store
      await store.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'a' })))
      await store.close()
      const again = await openSample({ driver, directory })
      expect(await outcomeOf(again.commit((tx) => tx.hosts.put(host('1', 'up', { name: 'a' }))))).toMatchObject({ changed: false })
      expect(await outcomeOf(again.commit((tx) => tx.hosts.put(host('1', 'down', { name: 'a' }))))).toMatchObject({ changed: true })
    })
  })

  test('[C5] a rolled back commit leaves every record its object', async () => {
    const store = await openSample({ driver, memory: true })
    await store.commit((tx) => {
      tx.hosts.put(host('1'))
      tx.title.set('t')
    })
    const before = store.hosts.get('1')
    await Promise.all([
      outcomeOf(
        store.commit((tx) => {
          tx.hosts.put(host('1', 'down'))
          tx.hosts.delete('1')
          tx.hosts.put(host('2'))
          throw new Error('no')
        }),
      ),
      store.commit((tx) => expect(tx.hosts.get('1')).toBe(before)),
    ])
    expect(store.hosts.get('1')).toBe(before)
    expect(store.hosts.get('2')).toBeUndefined()
  })

  test('[C5] a schema that throws, and one that throws halfway through a commit, fail only theirs', async () => {
    let isAngry = false
    const angry = z.object({ id: z.string() }).transform((value) => {
      if (isAngry) throw new Error('angry schema')
      return value
    })
    const state = defineState({ name: 'angry', version: 1, kinds: { things: collection(angry, { key: 'id' }) } })
    const store = await openStore(state, { memory: true, driver })
    const [first, second, third] = await Promise.all([
      outcomeOf(store.commit((tx) => tx.things.put({ id: '1' }))),
      outcomeOf(
        store.commit((tx) => {
          tx.things.put({ id: '2' })
          isAngry = true
          tx.things.put({ id: '3' })
        }),
      ),
      outcomeOf(
        store.commit((tx) => {
          isAngry = false
          tx.things.put({ id: '4' })
        }),
      ),
    ])
    expect([first, third]).toMatchObject([{ revision: 1 }, { revision: 2 }])
    expect(second).toMatch(/angry schema|SCHEMA_ASYNC/)
    expect(store.things.find().items.map(({ id }) => id)).toEqual(['1', '4'])
    await store.close()
  })
})
