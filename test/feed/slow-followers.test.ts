import { describe, expect, test } from 'vitest'
import type { AppendChange, CommitOf } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openSample, type Sample, type sample } from '../support/sample-state.ts'

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const revisions = (commits: readonly CommitOf<typeof sample>[]): number[] => commits.map(({ revision }) => revision)

/** A commit of about `kib` KiB. */
const append = (store: Sample, n: number, kib: number): Promise<unknown> =>
  store.commit((tx) => tx.lines.append(`${n} ${'x'.repeat(kib * 1024)}`), { durability: 'process' })

eachDriver((driver) => {
  describe('followers', () => {
    test('[F3] that are live share what was read and parsed once', async () => {
      const store = await openSample({ driver, memory: true })
      const followers = range(1, 4).map(() => store.follow({ after: store.cursor }))
      for (let n = 1; n <= 5; n += 1) {
        const next = followers.map((follower) => follower.next())
        await append(store, n, 0)
        const [first, ...others] = (await Promise.all(next)).map(({ value }) => value)
        expect(first?.revision).toBe(n)
        for (const other of others) expect(other).toBe(first)
      }
      await Promise.all(followers.map((follower) => follower.return()))
    })

    test.each([
      [6, true],
      [10, false],
    ])('[F3] share the newest 4 MiB: %i commits of 512 KiB are parsed once: %s', async (commits, isShared) => {
      const store = await openSample({ driver, memory: true })
      const after = store.cursor
      const [live, late] = [store.follow({ after }), store.follow({ after })]
      const seen: unknown[] = []
      for (let n = 1; n <= commits; n += 1) {
        const next = live.next()
        await append(store, n, 512)
        seen.push((await next).value)
      }
      const { value } = await late.next()
      expect(value?.revision).toBe(1)
      expect(value === seen[0]).toBe(isShared)
      await Promise.all([live.return(), late.return()])
    })

    test('[F3] [X36] that are slow, or throw, disturb neither writers nor others, and read on from the history', async () => {
      const store = await openSample({ driver, memory: true })
      const begun = store.cursor
      const slow = store.follow({ after: begun })
      const slower = store.follow({ after: begun })
      const started = [slow.next(), slower.next()]
      const quick: number[] = []
      const following = (async () => {
        for await (const { revision } of store.follow({ after: begun })) {
          quick.push(revision)
          if (revision === 400) break
        }
      })()
      const throwing = (async () => {
        for await (const { revision } of store.follow({ after: begun })) if (revision === 3) throw new Error('mine')
      })()
      throwing.catch(() => undefined)
      // 400 commits of 32 KiB are three times what live followers share.
      for (let n = 1; n <= 400; n += 1) {
        await append(store, n, 32)
        if (n === 200) expect(revisions(await take(slow, 20))).toEqual(range(2, 21))
      }
      await following
      await expect(throwing).rejects.toThrow('mine')
      expect(quick).toEqual(range(1, 400))
      expect((await Promise.all(started)).map(({ value }) => (value as CommitOf<typeof sample>).revision)).toEqual([1, 1])
      const rest = await take(slow, 379)
      expect(revisions(rest)).toEqual(range(22, 400))
      const all = await take(slower, 399)
      expect(revisions(all)).toEqual(range(2, 400))
      // What nobody shares any more was read for each of them.
      expect(all[100]).toEqual(rest[80])
      expect(all[100]).not.toBe(rest[80])
      for (const { changes, revision } of all)
        expect((changes[0] as AppendChange<string>).value).toSatisfy((it: string) => it.startsWith(`${revision} `))
      await Promise.all([slow.return(), slower.return()])
      expect(store.health().followers).toBe(0)
    })

    test('[F3] that fell behind what is shared go on live when they have caught up', async () => {
      const store = await openSample({ driver, memory: true })
      const follower = store.follow()
      const first = follower.next()
      await Promise.all(range(1, 300).map((n) => append(store, n, 32)))
      expect((await first).value).toMatchObject({ revision: 1 })
      expect(revisions(await take(follower, 299))).toEqual(range(2, 300))
      for (let n = 301; n <= 310; n += 1) {
        const next = follower.next()
        await append(store, n, 1)
        expect((await next).value).toMatchObject({ revision: n })
      }
      await follower.return()
    })
  })
})
