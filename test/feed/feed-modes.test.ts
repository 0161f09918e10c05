import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { openTables } from '../support/tables.ts'

const Item = z.object({ id: z.string(), secret: z.string() })
const modes = defineState({
  name: 'modes',
  version: 1,
  kinds: {
    open: collection(Item, { key: 'id' }),
    keyed: collection(Item, { key: 'id', feed: 'key' }),
    hidden: collection(Item, { key: 'id', feed: 'none' }),
    keyedDocument: document(z.string(), { feed: 'key' }),
    keyedLog: log(z.string(), { feed: 'key', retention: { entries: 1 } }),
    hiddenDocument: document(z.string(), { feed: 'none' }),
    hiddenLog: log(z.string(), { feed: 'none' }),
  },
})

const item = (id: string, secret = 'classified'): z.infer<typeof Item> => ({ id, secret })

eachDriver((driver) => {
  describe('feed modes', () => {
    test('[F7] `value` gives everything, `key` keys without values, `none` nothing', async () => {
      const store = await openState(modes, { driver })
      const follower = store.follow()
      await store.commit((tx) => {
        for (const name of ['open', 'keyed', 'hidden'] as const) {
          tx[name].put(item('a'))
          tx[name].put(item('b'))
        }
        tx.keyedDocument.set('classified')
        tx.hiddenDocument.set('classified')
        tx.keyedLog.append('classified', { stream: 's' })
        tx.hiddenLog.append('classified')
      })
      await store.commit((tx) => {
        for (const name of ['open', 'keyed', 'hidden'] as const) {
          tx[name].put(item('a', 'new and classified'))
          tx[name].delete('b')
        }
        tx.keyedDocument.delete()
        tx.keyedLog.append('classified, too', { stream: 's' })
        tx.keyedLog.append('and this', { stream: 's' })
      })
      const [first, second] = await take(follower, 2)
      await follower.return()
      expect(first?.changes).toStrictEqual([
        { kind: 'open', op: 'put', key: 'a', value: item('a') },
        { kind: 'open', op: 'put', key: 'b', value: item('b') },
        { kind: 'keyed', op: 'put', key: 'a' },
        { kind: 'keyed', op: 'put', key: 'b' },
        { kind: 'keyedDocument', op: 'put', key: '' },
        { kind: 'keyedLog', op: 'append', seq: 1, stream: 's' },
      ])
      expect(second?.changes).toStrictEqual([
        { kind: 'open', op: 'put', key: 'a', value: item('a', 'new and classified'), before: item('a') },
        { kind: 'open', op: 'delete', key: 'b', before: item('b') },
        { kind: 'keyed', op: 'put', key: 'a' },
        { kind: 'keyed', op: 'delete', key: 'b' },
        { kind: 'keyedDocument', op: 'delete', key: '' },
        { kind: 'keyedLog', op: 'append', seq: 2, stream: 's' },
        { kind: 'keyedLog', op: 'trim', stream: null, through: 1 },
        { kind: 'keyedLog', op: 'append', seq: 3, stream: 's' },
        { kind: 'keyedLog', op: 'trim', stream: null, through: 2 },
      ])
      // At home everything is there.
      expect([store.keyed.get('a'), store.hidden.get('a'), store.hiddenDocument.get()]).toEqual([
        item('a', 'new and classified'),
        item('a', 'new and classified'),
        'classified',
      ])
    })

    test('[F7] a commit of what appears nowhere is a bookmark, and watchers are not called', async () => {
      const store = await openState(modes, { driver, memory: true })
      const follower = store.follow()
      let calls = 0
      store.hidden.watch(() => {
        calls += 1
      })
      const keyed = new Promise<unknown>((resolve) => store.keyed.watch(resolve))
      await store.commit((tx) => {
        tx.hidden.put(item('a'))
        tx.hiddenLog.append('l')
      })
      await store.commit((tx) => tx.hiddenDocument.set('x'))
      let bookmark = (await take(follower, 1))[0]
      if (bookmark?.revision === 1) bookmark = (await take(follower, 1))[0]
      expect(bookmark).toMatchObject({ revision: 2, changes: [], cursor: store.cursor })
      await store.commit((tx) => tx.keyed.put(item('a')))
      expect(await keyed).toStrictEqual([{ kind: 'keyed', op: 'put', key: 'a' }])
      expect(calls).toBe(0)
      await follower.return()
    })

    test('[F7] a snapshot has the kinds with values, those with keys empty, the others not at all', async () => {
      const store = await openState(modes, { driver })
      await store.commit((tx) => {
        for (const name of ['open', 'keyed', 'hidden'] as const) tx[name].put(item('a'))
        tx.keyedDocument.set('classified')
        tx.keyedLog.append('classified')
      })
      const { kinds } = await store.snapshot()
      expect(Object.keys(kinds).toSorted()).toEqual(['keyed', 'keyedDocument', 'keyedLog', 'open'])
      expect(Object.entries(kinds).map(([name, { count, bytes }]) => [name, count, bytes.length])).toEqual([
        ['open', 1, 1],
        ['keyed', 0, 0],
        ['keyedDocument', 0, 0],
        ['keyedLog', 0, 0],
      ])
    })

    test('[F7] [L1] the history holds hashes in place of the values that stay home', async () => {
      const store = await openState(modes, { driver })
      const [a, b] = [item('a', 'classified 1'), item('a', 'classified 2')]
      for (const value of [a, b]) {
        await store.commit((tx) => {
          tx.keyed.put(value)
          tx.hidden.put(value)
          tx.keyedDocument.set(value.secret)
          tx.hiddenLog.append(value.secret)
        })
      }
      await store.commit((tx) => {
        tx.keyed.delete('a')
        tx.hiddenDocument.set('classified 3')
      })
      const tables = await openTables(store.directory, driver)
      const texts = tables.all('SELECT changes FROM hf_commit ORDER BY revision').map(([text]) => String(text))
      expect(texts.join()).not.toContain('classified')
      const hash = expect.stringMatching(/^[A-Za-z0-9_-]{22}$/)
      const [first, second, third] = texts.map((text) => JSON.parse(text) as unknown[][])
      expect(first).toEqual([
        [2, 5, 'a', hash],
        [3, 5, 'a', hash],
        [4, 5, '', hash],
        [7, 6, 1, '', hash],
      ])
      expect(second?.slice(0, 2)).toEqual([
        [2, 5, 'a', hash, 1, first?.[0]?.[3]],
        [3, 5, 'a', hash, 1, first?.[1]?.[3]],
      ])
      expect(first?.[0]?.[3]).toBe(first?.[1]?.[3])
      expect(second?.[0]?.[3]).not.toBe(first?.[0]?.[3])
      expect(third?.[0]).toEqual([2, 4, 'a', 2, second?.[0]?.[3]])
    })
  })
})
