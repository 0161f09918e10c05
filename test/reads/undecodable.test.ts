import { describe, expect, test } from 'vitest'
import type { DriverName, ReportEvent } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { raw } from '../support/raw-store.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Tables of the sample, in the order of its declaration. */
const tables = { title: 'k1', hosts: 'k3', lines: 'k4' } as const

type Damage = readonly [string, string | Uint8Array]
const damages: readonly [Damage, ...Damage[]] = [
  ['a torn text', '{"address":"b","sta'],
  ['an empty text', ''],
  ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00, 0x7b])],
  ['text with a line feed in the middle', '{"address":\n"b"'],
]

/** A store with three of everything, the second of each damaged. */
async function openDamaged(driver: DriverName, damage: string | Uint8Array): Promise<{ store: Sample; reports: ReportEvent[] }> {
  const directory = temporaryDirectory()
  const before = await openSample({ driver, directory })
  await before.commit((tx) => {
    tx.title.set('damaged')
    tx.counter.set(1)
    for (const key of ['a', 'b', 'c']) {
      tx.hosts.put(host(key))
      tx.lines.append(key)
    }
  })
  await before.close()
  await raw(directory, [
    [`UPDATE ${tables.title} SET value = ?`, damage],
    [`UPDATE ${tables.hosts} SET value = ? WHERE key = 'b'`, damage],
    [`UPDATE ${tables.lines} SET value = ? WHERE seq = 2`, damage],
  ])
  const reports: ReportEvent[] = []
  return { store: await openSample({ driver, directory, report: (event) => reports.push(event) }), reports }
}

eachDriver((driver) => {
  describe('a stored value that does not parse', () => {
    const [[, damage]] = damages

    test.each(damages)('[R5] [X30] (%s) is skipped, reported and counted; everything else is read', async (_, damage) => {
      const { store, reports } = await openDamaged(driver, damage)
      expect([store.title.get(), store.title.entry(), store.counter.get()]).toEqual([undefined, undefined, 1])
      expect([store.hosts.get('a'), store.hosts.get('b'), store.hosts.entry('b')]).toEqual([host('a'), undefined, undefined])
      expect(store.hosts.find({ index: 'byStatus', equals: ['up'] }).items).toEqual([host('a'), host('c')])
      expect(store.lines.read().map(({ seq, value }) => [seq, value])).toEqual([
        [1, 'a'],
        [3, 'c'],
      ])
      expect((await store.commit((tx) => [tx.title.get(), tx.hosts.get('b'), tx.lines.read().length])).value).toEqual([
        undefined,
        undefined,
        2,
      ])
      expect(store.health().undecodable).toBeGreaterThan(0)
      expect(new Set(reports.map(({ type }) => type))).toEqual(new Set(['undecodable']))
      const told = new Set(reports.map(({ message }) => message))
      for (const what of ['title ""', 'hosts "b"', 'lines "2"']) {
        expect([...told]).toContainEqual(`The stored value of ${what} does not parse; it is skipped.`)
      }
    })

    test('[H5] [X30] a snapshot has all other lines, and its reader reports the damaged one', async () => {
      const { store, reports } = await openDamaged(driver, damage)
      const { kinds } = await store.snapshot()
      expect(reports).toEqual([])
      expect([...kinds.title.items()]).toEqual([])
      expect([...kinds.hosts.items()].map(({ key }) => key)).toEqual(['a', 'c'])
      expect([...kinds.lines.items()].map(({ value }) => value)).toEqual(['a', 'c'])
      expect(reports.map(({ type }) => type)).toContain('undecodable')
      expect(store.health().undecodable).toBeGreaterThanOrEqual(3)
    })

    test('[R5] can be written over and deleted, and whoever follows sees it', async () => {
      const { store } = await openDamaged(driver, damage)
      const follower = store.follow({ after: store.cursor })
      await store.commit((tx) => {
        tx.title.set('whole')
        tx.hosts.put(host('b', 'again'))
      })
      await store.commit((tx) => tx.title.delete())
      const [first, second] = await take(follower, 2)
      await follower.return()
      expect(first?.changes).toMatchObject([
        { kind: 'title', op: 'put', key: '', value: 'whole' },
        { kind: 'hosts', op: 'put', key: 'b', value: host('b', 'again') },
      ])
      expect(second?.changes).toEqual([{ kind: 'title', op: 'delete', key: '', before: 'whole' }])
      expect(store.hosts.find({ index: 'byStatus', equals: ['again'] }).items).toEqual([host('b', 'again')])
    })

    test('[R5] can be deleted as it is, and whoever follows sees it', async () => {
      const { store } = await openDamaged(driver, damage)
      const follower = store.follow({ after: store.cursor })
      await store.commit((tx) => {
        expect([tx.title.delete(), tx.hosts.delete('b')]).toEqual([true, true])
      })
      const [commit] = await take(follower, 1)
      await follower.return()
      expect(commit?.changes.map(({ kind, op }) => [kind, op])).toEqual([
        ['title', 'delete'],
        ['hosts', 'delete'],
      ])
      expect([store.hosts.count(), store.title.entry()]).toEqual([2, undefined])
    })
  })
})
