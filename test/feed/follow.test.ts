import { getEventListeners, once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Commit, CommitOf } from '../../src/index.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { openElsewhere } from '../support/other-process.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { host, openSample, type Sample, type sample } from '../support/sample-state.ts'

type SampleCommit = CommitOf<typeof sample>
const revisions = (commits: readonly Commit<unknown>[]): number[] => commits.map(({ revision }) => revision)
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const count = (store: Sample): Promise<unknown> => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1))

eachDriver((driver) => {
  describe('follow', () => {
    test('[F1] yields each commit once, whole, ascending: history first, then live', async () => {
      const store = await openSample({ driver })
      for (let i = 0; i < 10; i += 1) await count(store)
      const follower = store.follow()
      const history = await take(follower, 10)
      await store.commit(
        (tx) => {
          tx.title.set('t')
          tx.hosts.put(host('a'))
          tx.hosts.put(host('b'))
          tx.lines.append('l', { stream: 's' })
        },
        { label: 'four changes', actor: 'me' },
      )
      await store.commit((tx) => {
        tx.hosts.update('b', (it) => ({ ...it, status: 'down' }))
        tx.hosts.delete('a')
      })
      const [first, second] = await take(follower, 2)
      await follower.return()
      expect(revisions(history)).toEqual(range(1, 10))
      expect(history[3]?.changes).toEqual([{ kind: 'counter', op: 'put', key: '', value: 4, before: 3 }])
      expect(first).toEqual({
        revision: 11,
        cursor: expect.any(String),
        at: store.title.entry()?.at,
        instance: expect.stringMatching(/^[A-Za-z0-9_-]{8}$/),
        actor: 'me',
        label: 'four changes',
        changes: [
          { kind: 'title', op: 'put', key: '', value: 't' },
          { kind: 'hosts', op: 'put', key: 'a', value: host('a') },
          { kind: 'hosts', op: 'put', key: 'b', value: host('b') },
          { kind: 'lines', op: 'append', seq: 1, stream: 's', value: 'l' },
        ],
      })
      expect(second?.changes).toEqual([
        { kind: 'hosts', op: 'put', key: 'b', value: host('b', 'down'), before: host('b') },
        { kind: 'hosts', op: 'delete', key: 'a', before: host('a') },
      ])
      expect(second?.cursor).toBe(store.cursor)
    })

    test('[F1] from every cursor of a history, what comes after it', async () => {
      const store = await openSample({ driver, memory: true })
      const cursors = [store.cursor]
      for (let i = 1; i <= 30; i += 1) {
        await count(store)
        cursors.push(store.cursor)
      }
      for (const [at, after] of cursors.entries()) {
        const follower = store.follow({ after })
        if (at < 30) expect(revisions(await take(follower, 30 - at))).toEqual(range(at + 1, 30))
        const next = follower.next()
        await count(store)
        await next
        await follower.return()
      }
    })

    test('[F1] [P3] many followers of many writers in two processes see the same order, with no gap and no repeat', async () => {
      const store = await openSample({ driver })
      const other = await openElsewhere({ directory: store.directory, driver })
      const followers = range(1, 5).map(() => take(store.follow(), 200))
      const writing = [other.call('count', 100), ...range(1, 100).map(() => count(store))]
      const seen = await Promise.all(followers)
      await Promise.all(writing)
      for (const commits of seen) {
        expect(revisions(commits)).toEqual(range(1, 200))
        expect(commits.map(({ changes }) => changes.length)).toEqual(range(1, 200).map(() => 1))
      }
      expect(new Set(seen[0]?.map(({ instance }) => instance)).size).toBe(2)
      expect(seen[0]?.map(({ cursor }) => cursor)).toEqual(seen[4]?.map(({ cursor }) => cursor))
    })

    test('[F1] [D7] yields nothing that is not durable: a commit under power comes after its acknowledgement or with it', async () => {
      const store = await openSample({ driver })
      const follower = store.follow({ after: store.cursor })
      const next = follower.next()
      let isAcknowledged = false
      const committed = store
        .commit((tx) => tx.counter.set(1))
        .then(() => {
          isAcknowledged = true
        })
      await next
      expect(isAcknowledged).toBe(true)
      await committed
      await follower.return()
    })

    test('[F1] only kinds that were asked for: other commits move the cursor by bookmarks', async () => {
      const store = await openSample({ driver, memory: true })
      const follower = store.follow({ kinds: ['hosts', 'lines'] })
      await store.commit((tx) => {
        tx.title.set('t')
        tx.hosts.put(host('a'))
      })
      await store.commit((tx) => tx.title.set('u'))
      await store.commit((tx) => tx.counter.set(1))
      const [first, second] = await take(follower, 2)
      expect(first?.changes.map(({ kind }) => kind)).toEqual(['hosts'])
      expect([second?.revision, second?.changes, second?.cursor]).toEqual([3, [], store.cursor])
      await store.commit((tx) => void tx.lines.append('l'))
      expect((await take(follower, 1))[0]?.changes.map(({ kind }) => kind)).toEqual(['lines'])
      await follower.return()
      // A bookmark's cursor is as good as any.
      await store.commit((tx) => tx.hosts.delete('a'))
      const again = store.follow({ kinds: ['hosts'], after: second?.cursor ?? '' })
      expect((await take(again, 1))[0]).toMatchObject({ revision: 5, changes: [{ op: 'delete', key: 'a' }] })
      await again.return()
    })

    test('[F2] ends when the loop is left, and frees what it held', async () => {
      const store = await openSample({ driver })
      await count(store)
      for await (const commit of store.follow()) {
        expect([commit.revision, store.health().followers]).toEqual([1, 1])
        break
      }
      expect(store.health().followers).toBe(0)
      const thrown = new Error('mine')
      const loop = (async () => {
        for await (const commit of store.follow()) throw Object.assign(thrown, { commit })
      })()
      await expect(loop).rejects.toBe(thrown)
      expect(store.health().followers).toBe(0)
      const { signal } = new AbortController()
      for await (const _commit of store.follow({ signal })) {
        expect(getEventListeners(signal, 'abort')).toHaveLength(1)
        break
      }
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })

    test('[F2] ends without an error when it is aborted: before it began, while it waits, and between commits', async () => {
      const store = await openSample({ driver })
      for (let i = 0; i < 5; i += 1) await count(store)
      expect(await collect(store, { signal: AbortSignal.abort() })).toEqual([])

      const waiting = new AbortController()
      const whileWaiting = collect(store, { after: store.cursor, signal: waiting.signal })
      while (store.health().followers === 0) await new Promise((resolve) => setImmediate(resolve))
      waiting.abort(new Error('a reason that nobody is told'))
      expect(await whileWaiting).toEqual([])

      const between = new AbortController()
      const seen: number[] = []
      for await (const { revision } of store.follow({ signal: between.signal })) {
        seen.push(revision)
        if (revision === 2) between.abort()
      }
      expect(seen).toEqual([1, 2])
      expect(store.health().followers).toBe(0)
    })

    test('[F2] ends when the store closes, after everything that was committed before', async () => {
      const store = await openSample({ driver })
      const seen = collect(store)
      const commits = range(1, 20).map(() => count(store))
      await Promise.all(commits)
      await store.close()
      const ended = await seen
      expect(ended).toEqual(range(1, ended.length))
      expect(codeOf(await failureOf((async () => store.follow())()))).toBe('STORE_CLOSED')
    })

    test('[F2] can be left while it waits: that ends the wait', async () => {
      const store = await openSample({ driver })
      const follower = store.follow()
      const waiting = [follower.next(), follower.next()]
      while (store.health().followers === 0) await new Promise((resolve) => setImmediate(resolve))
      expect(await follower.return()).toEqual({ done: true, value: undefined })
      expect(await Promise.all(waiting)).toEqual([
        { done: true, value: undefined },
        { done: true, value: undefined },
      ])
      expect(store.health().followers).toBe(0)

      const stream = Readable.from(store.follow())
      const closed = once(stream, 'close')
      stream.resume()
      while (store.health().followers === 0) await new Promise((resolve) => setImmediate(resolve))
      stream.destroy()
      await closed
      while (store.health().followers > 0) await new Promise((resolve) => setImmediate(resolve))
    })

    test('[F2] one that was never begun holds nothing; one that is over stays over', async () => {
      const store = await openSample({ driver })
      await count(store)
      const never = store.follow()
      expect(store.health().followers).toBe(0)
      expect(await never.return()).toEqual({ done: true, value: undefined })
      expect(await never.next()).toEqual({ done: true, value: undefined })
      const over = store.follow()
      await over.next()
      await over.return()
      await over.return()
      expect(await over.next()).toEqual({ done: true, value: undefined })
    })

    test('[F2] listens before it reads: a commit between the two is not missed', async () => {
      const store = await openSample({ driver })
      for (let round = 0; round < 30; round += 1) {
        const after = store.cursor
        const before = store.health().revision
        // Queued now, published while the follower begins or just after.
        const committed = count(store)
        const follower = store.follow({ after })
        expect((await follower.next()).value?.revision).toBe(before + 1)
        await committed
        await follower.return()
      }
    })

    test('asked for several commits at once, it gives them in order', async () => {
      const store = await openSample({ driver, memory: true })
      const follower = store.follow()
      const asked = range(1, 5).map(() => follower.next())
      for (let i = 0; i < 5; i += 1) await count(store)
      expect((await Promise.all(asked)).map(({ value }) => (value as SampleCommit).revision)).toEqual(range(1, 5))
      await follower.return()
    })

    test('what it does not know is refused at once, by name', async () => {
      const store = await openSample({ driver, memory: true })
      const follow = (options: unknown) => () => store.follow(options as never)
      expect(follow({ afer: 'x' })).toThrow('Unknown option "afer" of follow; did you mean "after"?')
      expect(follow({ kinds: ['nope'] })).toThrow(expect.objectContaining({ code: 'KIND_UNKNOWN' }))
      for (const options of [null, 'x', { after: 5 }, { kinds: 'hosts' }, { signal: {} }]) {
        expect(follow(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      }
    })
  })
})

async function collect(store: Sample, options?: Parameters<Sample['follow']>[0]): Promise<number[]> {
  const seen: number[] = []
  for await (const { revision } of store.follow(options)) seen.push(revision)
  return seen
}
