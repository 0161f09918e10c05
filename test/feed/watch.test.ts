import { describe, expect, test } from 'vitest'
import type { ReportEvent } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { setTitleMeanwhile } from '../support/meanwhile.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'
import { openTables } from '../support/tables.ts'

const count = (store: Sample): Promise<unknown> => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1), { durability: 'process' })
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Resolves when a watcher has seen this value of the counter. */
function seenBy(store: Sample, value: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.counter.watch((changes) => {
      if (!changes.some((change) => change.op === 'put' && change.value === value)) return
      stop()
      resolve()
    })
  })
}

eachDriver((driver) => {
  describe('watch', () => {
    test('[F1] calls back once for each published commit that changes the kind, in order, outside of any commit', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => tx.hosts.put(host('before')))
      const seen: unknown[] = []
      store.hosts.watch((changes, commit) => {
        // Reads of the store refuse inside a commit.
        seen.push([commit.revision, store.hosts.count(), changes.map(({ op, key }) => `${op} ${key}`)])
      })
      const done = seenBy(store, 1)
      await store.commit((tx) => {
        tx.hosts.put(host('a'))
        tx.title.set('not mine')
        tx.hosts.delete('before')
      })
      await store.commit((tx) => tx.title.set('not mine either'))
      await store.commit((tx) => tx.hosts.put(host('a')))
      await store.commit((tx) => tx.hosts.put(host('a', 'down')))
      await count(store)
      await done
      expect(seen).toEqual([
        [2, 1, ['put a', 'delete before']],
        [4, 1, ['put a']],
      ])
    })

    test('[N2] one that throws, or whose promise is rejected, is reported and disturbs nobody', async () => {
      const reports: ReportEvent[] = []
      const store = await openSample({ driver, memory: true, report: (event) => reports.push(event) })
      const seen: number[] = []
      store.counter.watch(() => {
        throw new Error('thrown')
      })
      // oxlint-disable-next-line typescript/no-misused-promises
      store.counter.watch(async () => {
        await Promise.reject(new Error('rejected'))
      })
      store.counter.watch((_, { revision }) => seen.push(revision))
      const done = seenBy(store, 2)
      const follower = store.follow()
      await count(store)
      await count(store)
      expect((await take(follower, 2)).map(({ revision }) => revision)).toEqual([1, 2])
      await follower.return()
      await done
      await new Promise((resolve) => setImmediate(resolve))
      expect(seen).toEqual([1, 2])
      const told = reports.map(({ type, message, error }) => `${type}: ${message} ${(error as Error).message}`)
      expect(told.toSorted()).toEqual(
        [1, 2]
          .flatMap((at) => ['rejected', 'thrown'].map((what) => `watcher-failed: A watcher of "counter" threw at revision ${at}. ${what}`))
          .toSorted(),
      )
    })

    test('[X3] unsubscribing is safe twice, from inside, and of another one', async () => {
      const store = await openSample({ driver, memory: true })
      const seen: string[] = []
      const stopOnce = store.counter.watch(() => {
        seen.push('once')
        stopOnce()
        stopOther()
        stopOnce()
      })
      const stopOther = store.counter.watch(() => seen.push('other'))
      const stopSame = store.counter.watch(() => seen.push('stays'))
      const done = seenBy(store, 2)
      await count(store)
      await count(store)
      await done
      expect(seen).toEqual(['once', 'stays', 'stays'])
      stopSame()
      stopSame()
      expect(store.health().watchers).toBe(0)
    })

    // 600 commits of another process are published at once, and read in batches of at most 256.

    test('[F1] one that comes while another leaves, in the middle of many commits, misses none', async () => {
      const store = await openSample({ driver })
      // The first weak commit of a store waits for a sync; from the next on they are published in the turn that makes them.
      await store.commit((tx) => tx.counter.set(1), { durability: 'process' })
      while (store.health().published === 0) await new Promise((resolve) => setImmediate(resolve))
      const seen: unknown[] = []
      const done = new Promise<void>((resolve) => {
        const stop = store.title.watch(() => {
          stop()
          void store.commit((tx) => tx.title.set('after that'), { durability: 'process' })
          store.title.watch((changes, { revision }) => {
            seen.push([revision, changes])
            resolve()
          })
        })
      })
      setTitleMeanwhile(store.directory, driver, 'theirs', 600)
      await done
      expect(seen).toEqual([[602, [{ kind: 'title', op: 'put', key: '', value: 'after that', before: 'theirs 600' }]]])
    })

    test('[N2] watchers that miss commits are told so, and go on', async () => {
      const reports: ReportEvent[] = []
      const store = await openSample({ driver, report: (event) => reports.push(event) })
      const tables = await openTables(store.directory, driver)
      const seen: number[] = []
      store.title.watch((_, { revision }) => {
        seen.push(revision)
        if (revision !== 1) return
        tables.exec('DELETE FROM hf_commit WHERE revision <= 500')
        tables.exec("UPDATE hf_meta SET value = 500 WHERE name = 'horizon_revision'")
      })
      setTitleMeanwhile(store.directory, driver, 'theirs', 600)
      while (reports.length === 0) await new Promise((resolve) => setImmediate(resolve))
      const done = seenBy(store, 1)
      await store.commit((tx) => {
        tx.title.set('mine')
        tx.counter.set(1)
      })
      await done
      expect(reports).toMatchObject([{ type: 'watch-gap', error: { code: 'CURSOR_EXPIRED' } }])
      expect(seen).toEqual([...range(1, 256), 601])
    })

    test('[N2] a failure that lasts is reported, not tried without end', async () => {
      const reports: ReportEvent[] = []
      const store = await openSample({ driver, report: (event) => reports.push(event) })
      const tables = await openTables(store.directory, driver)
      store.title.watch((_, { revision }) => {
        if (revision === 1) tables.exec("UPDATE hf_meta SET value = 2 WHERE name = 'state_version'")
      })
      setTitleMeanwhile(store.directory, driver, 'theirs', 600)
      const about = (): ReportEvent[] => reports.filter(({ message }) => message.startsWith('Following for watchers failed'))
      while (about().length === 0) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      expect(about()).toMatchObject([{ type: 'background-failed', error: { code: 'STORE_NEWER' } }])
    })

    test('a watcher does not keep the store from closing, and is called no more', async () => {
      const store = await openSample({ driver, memory: true })
      let calls = 0
      store.counter.watch(() => {
        calls += 1
      })
      await count(store)
      await store.close()
      expect(calls).toBeLessThanOrEqual(1)
      expect(() => store.counter).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
    })
  })
})
