import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { setTitleMeanwhile } from '../support/meanwhile.ts'
import { openState } from '../support/open-state.ts'
import { openElsewhere } from '../support/other-process.ts'
import { host, openSample } from '../support/sample-state.ts'

const Node = z.object({
  id: z.string(),
  tags: z.array(z.object({ name: z.string() })),
  text: z.string().optional(),
  body: z.string().optional(),
})
const nested = defineState({
  name: 'nested',
  version: 1,
  kinds: { root: document(Node), nodes: collection(Node, { key: 'id', indexes: { byText: ['text'] } }), events: log(Node) },
})
const node = (id: string, text?: string): z.infer<typeof Node> => ({ id, tags: [{ name: 'a' }, { name: 'b' }], ...(text && { text }) })

function isDeeplyFrozen(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))
}

eachDriver((driver) => {
  describe('what a read returns', () => {
    test('[R2] is frozen all the way down, from every method', async () => {
      const store = await openState(nested, { driver })
      const given = node('a')
      const before = store.cursor
      const { value: inside } = await store.commit((tx) => {
        tx.root.set(given)
        tx.nodes.put(given)
        tx.events.append(given)
        return [tx.root.get(), tx.root.entry(), tx.nodes.get('a'), tx.nodes.entry('a'), tx.nodes.find(), tx.events.read()]
      })
      const follower = store.follow({ after: before })
      const commit = (await follower.next()).value
      await follower.return()
      const snapshot = await store.snapshot()
      const items = Object.values(snapshot.kinds).flatMap((kind) => [...kind.items()])
      const read = [
        ...inside,
        store.root.get(),
        store.root.entry(),
        store.nodes.get('a'),
        store.nodes.entry('a'),
        store.nodes.find(),
        store.events.read(),
        store.health(),
        store.why('nodes', 'a'),
        commit,
        ...items,
      ]
      expect(items).toHaveLength(3)
      for (const value of read) expect(value).toSatisfy((it) => it !== undefined && isDeeplyFrozen(it))
      expect(Object.isFrozen(given)).toBe(false)
      expect(Object.isFrozen(given.tags)).toBe(false)
    })

    test('[R2] is no part of what was written: changing that afterwards changes nothing', async () => {
      const store = await openState(nested, { driver, memory: true })
      const given = node('a')
      await store.commit((tx) => tx.nodes.put(given))
      given.tags.push({ name: 'later' })
      expect(store.nodes.get('a')).toEqual(node('a'))
    })

    test('[R2] is the same object as long as the record is unchanged', async () => {
      const store = await openState(nested, { driver })
      await store.commit((tx) => {
        tx.root.set(node('r'))
        tx.nodes.put(node('a'))
        tx.nodes.put(node('b'))
      })
      const [root, a, b] = [store.root.get(), store.nodes.get('a'), store.nodes.get('b')]
      await store.commit((tx) => tx.nodes.put(node('b', 'new')))
      await store.commit((tx) => tx.nodes.put(node('a')))
      await store.commit((tx) => {
        tx.nodes.put(node('a', 'and back'))
        tx.nodes.put(node('a'))
      })
      await store
        .commit((tx) => {
          tx.nodes.delete('a')
          tx.root.set(node('other'))
          throw new Error('rolled back')
        })
        .catch(() => undefined)
      expect(store.nodes.get('a')).toBe(a)
      expect(store.root.get()).toBe(root)
      expect(store.nodes.entry('a')?.value).toBe(a)
      expect(store.nodes.find().items[0]).toBe(a)
      expect(store.nodes.find({ index: 'byText', equals: [undefined] }).items[0]).toBe(a)
      expect((await store.commit((tx) => [tx.nodes.get('a'), tx.root.get()])).value).toEqual([a, root])
      expect(store.nodes.get('b')).not.toBe(b)
      expect(b).toEqual(node('b'))
    })

    test('[R2] is the same object after more has been read than is remembered', async () => {
      const store = await openState(nested, { driver, memory: true })
      const body = 'x'.repeat(100_000)
      await store.commit((tx) => {
        for (let i = 0; i < 120; i += 1) tx.nodes.put({ ...node(`n${i}`), body })
      })
      const held = Array.from({ length: 120 }, (_, i) => store.nodes.get(`n${i}`))
      for (let round = 0; round < 2; round += 1) {
        for (let i = 0; i < 120; i += 1) expect(store.nodes.get(`n${i}`) === held[i]).toBe(true)
        expect(store.nodes.find({ limit: 1000 }).items.every((item) => held.includes(item))).toBe(true)
      }
      await store.commit((tx) => tx.nodes.put(node('n0')))
      expect(store.nodes.get('n0')).toEqual(node('n0'))
    })

    test('[R2] is the same object after other processes have changed other records', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        tx.hosts.put(host('a'))
        tx.hosts.put(host('b'))
        tx.title.set('mine')
      })
      const [a, b] = [store.hosts.get('a'), store.hosts.get('b')]
      const other = await openElsewhere({ directory: store.directory, driver })
      await other.call('put', [host('b', 'down'), host('c'), host('a')])
      await new Promise((resolve) => setImmediate(resolve))
      expect(store.hosts.get('b')).toEqual(host('b', 'down'))
      expect(store.hosts.get('a')).toBe(a)
      expect(store.hosts.get('b')).not.toBe(b)
      expect(store.hosts.find().items[0]).toBe(a)
    })

    test('[R2] shows commits of other processes in the next turn at the latest', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        tx.title.set('mine')
        tx.hosts.put(host('a'))
      })
      expect(store.title.get()).toBe('mine')
      setTitleMeanwhile(store.directory, driver, 'theirs')
      await new Promise((resolve) => setImmediate(resolve))
      expect([store.title.get(), store.title.entry()?.revision]).toEqual(['theirs', 2])
      await new Promise((resolve) => setImmediate(resolve))
      setTitleMeanwhile(store.directory, driver, 'theirs again')
      expect(store.title.get()).toBe('theirs again')
      setTitleMeanwhile(store.directory, driver, 'once more')
      expect((await store.commit((tx) => tx.title.get())).value).toBe('once more')
    })

    test('[R2] a record that another process deletes and writes anew is another object', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      await other.call('put', [host('a')])
      await new Promise((resolve) => setImmediate(resolve))
      const before = store.hosts.entry('a')
      await other.call('drop', 'a')
      await new Promise((resolve) => setImmediate(resolve))
      expect(store.hosts.get('a')).toBeUndefined()
      await other.call('put', [host('a')])
      await new Promise((resolve) => setImmediate(resolve))
      expect(store.hosts.entry('a')).toMatchObject({ value: before?.value, revision: 3 })
    })
  })
})
