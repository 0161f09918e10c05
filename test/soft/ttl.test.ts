import { describe, expect, onTestFinished, test } from 'vitest'
import { collection, defineState, document, type Store } from '../../src/index.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { findFaults } from '../support/fold.ts'
import { openState } from '../support/open-state.ts'
import { passSeconds as pass, SteppingClock } from '../support/stepping-clock.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Viewer, withTtl } from './soft-state.ts'
import { z } from 'zod'

interface Opened {
  readonly store: Store<typeof withTtl>
  readonly clock: SteppingClock
  readonly directory: string
}

async function openStill(driver: 'node:sqlite' | 'better-sqlite3', directory = temporaryDirectory()): Promise<Opened> {
  const clock = new SteppingClock()
  const store = await openStoreWith({ ...systemSeams(), clock }, withTtl, { directory, driver })
  onTestFinished(() => store.close())
  return { store, clock, directory }
}

const viewer = (id: string, at = 1): { id: string; room: string; at: number } => ({ id, room: 'x', at })

eachDriver((driver) => {
  describe('[R8] records that expire', () => {
    test('[R8] stay until a commit of the sweep deletes them, which followers see; reading deletes nothing', async () => {
      const { store, clock } = await openStill(driver)
      await pass(clock, 11_000)
      await store.commit((tx) => tx.leases.put(viewer('a')))
      await pass(clock, 4000)
      await store.commit((tx) => tx.leases.put(viewer('b')))
      await pass(clock, 5500)
      for (let reads = 0; reads < 5; reads += 1) expect([store.leases.get('a'), store.leases.count()]).toEqual([viewer('a'), 2])
      expect(store.health().revision).toBe(2)
      await pass(clock, 1500)
      expect([store.leases.get('a'), store.leases.get('b')]).toEqual([undefined, viewer('b')])
      const commits = await take(store.follow(), 3)
      expect(commits[2]).toMatchObject({ label: 'expired', changes: [{ kind: 'leases', op: 'delete', key: 'a', before: viewer('a') }] })
    })

    test('[R8] are renewed by an equal put, which takes no revision and is in no history', async () => {
      const { store, clock, directory } = await openStill(driver)
      await store.commit((tx) => tx.leases.put(viewer('a')))
      const before = store.leases.get('a')
      for (let seconds = 0; seconds < 40; seconds += 5) {
        await pass(clock, 5000)
        expect(await store.commit((tx) => tx.leases.put(viewer('a')))).toMatchObject({ revision: 1, changed: false })
      }
      expect([store.health().revision, store.leases.get('a') === before]).toEqual([1, true])
      await store.commit((tx) => {
        tx.leases.put(viewer('a', 2))
        tx.leases.put(viewer('a'))
      })
      await pass(clock, 9000)
      expect(store.leases.get('a')).toBeDefined()
      await pass(clock, 2500)
      expect(store.leases.get('a')).toBeUndefined()
      await store.close()
      expect(findFaults(await openTables(directory))).toEqual([])
    })

    test('[R8] written behind: presence is kept by who reports, and ends with who does not', async () => {
      const { store, clock } = await openStill(driver)
      store.presence.put(viewer('a'))
      store.presence.put(viewer('b'))
      for (let seconds = 0; seconds < 30; seconds += 3) {
        store.presence.put(viewer('a'))
        await pass(clock, 3000)
      }
      expect(store.presence.find({ index: 'byRoom' }).items.map(({ id }) => id)).toEqual(['a'])
      expect(store.health().revision).toBe(2)
    })

    test('[R8] [D4] of one process expire there', async () => {
      const { store, clock } = await openStill(driver)
      const seen: string[] = []
      store.local.watch((changes) => void seen.push(...changes.map(({ op, key }) => `${op} ${key}`)))
      await store.commit((tx) => tx.local.put(viewer('a')))
      await pass(clock, 11_500)
      expect([store.local.count(), seen, store.health().revision]).toEqual([0, ['put a', 'delete a'], 0])
    })

    test('[R8] [X42] survive a restart for one TTL, however long nobody was there', async () => {
      const { store, clock, directory } = await openStill(driver)
      await store.commit((tx) => {
        tx.leases.put(viewer('a'))
        tx.leases.put(viewer('b'))
      })
      await store.close()
      const again = await openStill(driver, directory)
      again.clock.step(3_600_000)
      void clock
      await pass(again.clock, 9000)
      expect(again.store.leases.count()).toBe(2)
      await again.store.commit((tx) => tx.leases.put(viewer('a')))
      await pass(again.clock, 2500)
      expect([again.store.leases.get('a'), again.store.leases.get('b')]).toEqual([viewer('a'), undefined])
    })

    test('[R8] [X42] a clock that jumps ahead deletes nothing that is renewed, and one that is set back keeps nothing for ever', async () => {
      const { store, clock } = await openStill(driver)
      await pass(clock, 11_000)
      await store.commit((tx) => {
        tx.leases.put(viewer('kept'))
        tx.leases.put(viewer('left'))
      })
      clock.step(86_400_000)
      await pass(clock, 5000)
      expect(store.leases.count()).toBe(2)
      await store.commit((tx) => tx.leases.put(viewer('kept')))
      await pass(clock, 7000)
      expect([store.leases.get('kept'), store.leases.get('left')]).toEqual([viewer('kept'), undefined])
      clock.step(-86_400_000)
      await pass(clock, 5000)
      expect(store.leases.get('kept')).toBeDefined()
      await pass(clock, 8000)
      expect(store.leases.get('kept')).toBeUndefined()
    })

    test('[R8] [M6] a TTL declared later counts for what is there from its last write', async () => {
      const directory = temporaryDirectory()
      const kinds = { title: document(z.string()), leases: collection(Viewer, { key: 'id' }) }
      const before = await openState(defineState({ name: 'ttl', version: 1, kinds }), { directory, driver })
      await before.commit((tx) => tx.leases.put(viewer('old')))
      await before.close()
      const { store, clock } = await openStill(driver, directory)
      expect(store.leases.get('old')).toEqual(viewer('old'))
      clock.step(Date.now() - clock.now() + 60_000)
      await pass(clock, 12_500)
      expect(store.leases.count()).toBe(0)
      await store.close()
      const after = await openState(defineState({ name: 'ttl', version: 1, kinds }), { directory, driver, report: () => undefined })
      await after.commit((tx) => tx.leases.put(viewer('new')))
      expect(after.leases.count()).toBe(1)
    })
  })
})
