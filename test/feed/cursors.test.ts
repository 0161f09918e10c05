import { describe, expect, test } from 'vitest'
import type { ReportEvent } from '../../src/index.ts'
import { encodeCursor, decodeCursor } from '../../src/state/cursor.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { setTitleMeanwhile } from '../support/meanwhile.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { raw } from '../support/raw-store.ts'
import { openSample, type Sample } from '../support/sample-state.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const count = (store: Sample): Promise<unknown> => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1))
const resume = (store: Sample, after: string): Promise<Error> => failureOf(store.follow({ after }).next())
const keepFew = { maxBytes: 0, minCommits: 5 }

async function countTo(store: Sample, times: number): Promise<string[]> {
  const cursors = [store.cursor]
  for (let i = 0; i < times; i += 1) {
    await count(store)
    cursors.push(store.cursor)
  }
  return cursors
}

eachDriver((driver) => {
  describe('a cursor', () => {
    test('[F4] is opaque text of at most 32 characters, the same for every process and follower', async () => {
      const store = await openSample({ driver })
      const cursors = await countTo(store, 40)
      for (const cursor of cursors) expect(cursor).toMatch(/^[A-Za-z0-9_.-]{1,32}$/)
      expect(new Set(cursors).size).toBe(41)
      const follower = store.follow()
      expect((await take(follower, 40)).map(({ cursor }) => cursor)).toEqual(cursors.slice(1))
      await follower.return()
      expect((await store.snapshot()).cursor).toBe(cursors[40])
      const theirs = setTitleMeanwhile(store.directory, driver, 'theirs')
      const [next] = await take(store.follow({ after: cursors[40] ?? '' }), 1)
      expect(next?.cursor).toBe(theirs)
    })

    test('[F4] before the horizon is expired; the horizon itself, and everything after it, can be resumed from', async () => {
      const store = await openSample({ driver, history: keepFew })
      const cursors = await countTo(store, 20)
      expect(await store.prune()).toBe(15)
      expect(store.health().horizon).toBe(15)
      for (const [at, cursor] of cursors.slice(0, 15).entries()) {
        expect(await resume(store, cursor)).toMatchObject({ code: 'CURSOR_EXPIRED', details: { revision: at, horizon: 15 } })
      }
      for (let at = 15; at < 20; at += 1) {
        const follower = store.follow({ after: cursors[at] ?? '' })
        expect((await take(follower, 20 - at)).map(({ revision }) => revision).at(0)).toBe(at + 1)
        await follower.return()
      }
      const everything = store.follow()
      expect((await take(everything, 5)).map(({ revision }) => revision)).toEqual([16, 17, 18, 19, 20])
      await everything.return()
    })

    test('[F4] the horizon can be resumed from when nothing is left after it, and after reopening', async () => {
      const directory = temporaryDirectory()
      const store = await openSample({ driver, directory, history: { maxBytes: 0, minCommits: 0 } })
      const cursor = (await countTo(store, 3))[3] ?? ''
      await store.prune()
      expect([store.health().horizon, store.cursor]).toEqual([3, cursor])
      await store.close()
      const again = await openSample({ driver, directory })
      expect(again.cursor).toBe(cursor)
      const follower = again.follow({ after: cursor })
      await count(again)
      expect((await take(follower, 1))[0]).toMatchObject({ revision: 4, changes: [{ value: 4, before: 3 }] })
      await follower.return()
    })

    test('[F4] ahead of the store is refused, but not one that another process gave out this very moment', async () => {
      const store = await openSample({ driver })
      await count(store)
      const named = decodeCursor(store.cursor)
      const ahead = encodeCursor({ ...named, revision: 7 })
      expect(await resume(store, ahead)).toMatchObject({ code: 'CURSOR_IN_FUTURE', details: { revision: 7, head: 1 } })

      expect(store.counter.get()).toBe(1)
      const theirs = setTitleMeanwhile(store.directory, driver, 'theirs')
      // This turn still reads the store as of before their commit.
      expect(store.title.get()).toBeUndefined()
      const follower = store.follow({ after: theirs })
      const next = follower.next()
      await new Promise((resolve) => setImmediate(resolve))
      await count(store)
      expect((await next).value?.revision).toBe(3)
      await follower.return()
    })

    test('[F4] of another store, or of the same one made anew, has diverged', async () => {
      const directory = temporaryDirectory()
      const store = await openSample({ driver })
      const other = await openSample({ driver, directory })
      await countTo(store, 3)
      const cursors = await countTo(other, 3)
      for (const [revision, cursor] of cursors.entries()) {
        expect(await resume(store, cursor)).toMatchObject({ code: 'CURSOR_DIVERGED', details: { revision, reason: 'epoch' } })
      }
    })

    test('[F5] whose commit was lost and written anew has diverged, although the number is there', async () => {
      const directory = temporaryDirectory()
      const before = await openSample({ driver, directory })
      const cursors = await countTo(before, 6)
      await before.close()
      // What is left after damage, or after a power cut that no mark tells of: the end is gone.
      await raw(directory, ['DELETE FROM hf_commit WHERE revision > 3'], driver)
      const store = await openSample({ driver, directory })
      expect(store.health().revision).toBe(3)
      expect(await resume(store, cursors[5] ?? '')).toMatchObject({ code: 'CURSOR_IN_FUTURE' })
      for (let i = 0; i < 6; i += 1) await count(store)
      for (const lost of [4, 5, 6]) {
        expect(await resume(store, cursors[lost] ?? '')).toMatchObject({
          code: 'CURSOR_DIVERGED',
          details: { revision: lost, reason: 'check' },
        })
      }
      const follower = store.follow({ after: cursors[3] ?? '' })
      expect((await take(follower, 6)).map(({ revision }) => revision)).toEqual([4, 5, 6, 7, 8, 9])
      await follower.return()
    })

    test('[F5] a row of the history that was changed shows in the cursors after it', async () => {
      const directory = temporaryDirectory()
      const before = await openSample({ driver, directory })
      const cursors = await countTo(before, 3)
      await before.close()
      await raw(directory, ["UPDATE hf_commit SET chain = 'x' || substr(chain, 2) WHERE revision = 2"], driver)
      const store = await openSample({ driver, directory })
      expect(await resume(store, cursors[2] ?? '')).toMatchObject({ code: 'CURSOR_DIVERGED', details: { reason: 'check' } })
    })

    test('[F5] of a history whose end may be gone since power was lost has diverged, although the number is there', async () => {
      const directory = temporaryDirectory()
      const before = await openSample({ driver, directory })
      const cursors = await countTo(before, 3)
      await before.close()
      await raw(directory, ["INSERT INTO hf_weak VALUES ('someone', 'another boot')"], driver)
      const reports: ReportEvent[] = []
      const store = await openSample({ driver, directory, report: (event) => reports.push(event) })
      for (const cursor of cursors) {
        expect(await resume(store, cursor)).toMatchObject({ code: 'CURSOR_DIVERGED', details: { reason: 'epoch' } })
      }
      expect(reports).toMatchObject([{ type: 'history-lost' }])
    })

    test('[F4] [F5] a new epoch ends those who follow, and what they are given next belongs to it', async () => {
      const reports: ReportEvent[] = []
      const store = await openSample({ driver, report: (event) => reports.push(event) })
      const cursors = await countTo(store, 3)
      const follower = store.follow({ after: store.cursor })
      const next = failureOf(follower.next())
      const watched: number[] = []
      store.counter.watch((_, { revision }) => watched.push(revision))
      const shared = await store.snapshot(['counter'], { shared: true })
      const tables = await openTables(store.directory, driver)
      tables.exec("UPDATE hf_meta SET value = 'epoch_02' WHERE name = 'epoch'")
      expect(await next).toMatchObject({ code: 'CURSOR_DIVERGED', details: { revision: 3, reason: 'epoch' } })
      expect(await resume(store, cursors[3] ?? '')).toMatchObject({ code: 'CURSOR_DIVERGED' })
      const fresh = await store.snapshot(['counter'], { shared: true })
      expect([shared.cursor, fresh.cursor].map((cursor) => cursor.slice(0, 8))).toEqual([cursors[0]?.slice(0, 8), 'epoch_02'])
      const again = store.follow({ after: fresh.cursor })
      await count(store)
      expect((await take(again, 1))[0]).toMatchObject({ revision: 4, changes: [{ value: 4, before: 3 }] })
      await again.return()
      expect(store.counter.get()).toBe(4)
      while (!watched.includes(4)) await new Promise((resolve) => setImmediate(resolve))
      expect(reports).toMatchObject([{ type: 'watch-gap', error: { code: 'CURSOR_DIVERGED' } }])
    })

    test('[F4] that is none is refused', async () => {
      const store = await openSample({ driver, memory: true })
      const good = store.cursor
      for (const cursor of ['', 'x', ` ${good}`, `${good}0`, good.slice(1), 'a'.repeat(1000), '../../etc', good.replace('.', '.0')]) {
        expect(codeOf(await resume(store, cursor))).toBe('CURSOR_INVALID')
      }
      expect((await failureOf(store.follow({ after: 'x' }).next())).message).toContain('hydrate from a snapshot')
    })

    test('[F4] a follower that pruning overtakes is told so, and one that keeps up is not', async () => {
      const store = await openSample({ driver, memory: true, history: keepFew })
      const slow = store.follow({ after: store.cursor })
      await countTo(store, 3)
      expect((await slow.next()).value?.revision).toBe(1)
      const quick = store.follow({ after: store.cursor })
      const next = quick.next()
      await countTo(store, 600)
      await store.prune()
      // What it has been given already may be finished; then it is told.
      const error = await failureOf(
        (async () => {
          for await (const _ of slow);
        })(),
      )
      expect(error).toMatchObject({ code: 'CURSOR_EXPIRED', details: { horizon: 598 } })
      expect((await next).value?.revision).toBe(4)
      await quick.return()
    })
  })
})
