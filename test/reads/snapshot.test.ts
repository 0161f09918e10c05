import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { collection, type CommitOf, defineState, document, log } from '../../src/index.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { openState } from '../support/open-state.ts'
import { openElsewhere } from '../support/other-process.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import type { Host } from '../support/sample.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const textOf = (bytes: readonly Uint8Array[]): string => bytes.map((piece) => new TextDecoder().decode(piece)).join('')

eachDriver((driver) => {
  describe('a snapshot', () => {
    test.each([true, false])('[H5] is one record a line, the stored text as it is (memory: %s)', async (memory) => {
      const store = await openSample({ driver, ...(memory && { memory }) })
      await store.commit((tx) => {
        tx.title.set('é "quoted"\n')
        tx.hosts.put(host('b', 'up', { seen: 1 }))
        tx.hosts.put(host('a "\u0001'))
        tx.lines.append('first', { stream: 's"' })
      })
      await store.commit((tx) => void tx.lines.append('second'))
      const at = [1, 2].map((revision) => store.lines.read().find((entry) => entry.revision === revision)?.at)
      const { kinds, revision, cursor } = await store.snapshot()
      expect([revision, cursor]).toEqual([2, store.cursor])
      expect(textOf(kinds.title.bytes)).toBe(`["",1,${at[0]},"é \\"quoted\\"\\n"]\n`)
      expect(textOf(kinds.hosts.bytes)).toBe(
        `["b",1,${at[0]},{"address":"b","status":"up","seen":1}]\n["a \\"\\u0001",1,${at[0]},{"address":"a \\"\\u0001","status":"up"}]\n`,
      )
      expect(textOf(kinds.lines.bytes)).toBe(`[2,"",2,${at[1]},"second"]\n[1,"s\\"",1,${at[0]},"first"]\n`)
      expect([kinds.title.count, kinds.counter.count, kinds.hosts.count, kinds.lines.count]).toEqual([1, 0, 2, 2])
      expect([...kinds.hosts.items()]).toEqual([
        { key: 'b', value: host('b', 'up', { seen: 1 }), revision: 1, at: at[0] },
        { key: 'a "\u0001', value: host('a "\u0001'), revision: 1, at: at[0] },
      ])
      expect([...kinds.lines.items()]).toEqual(store.lines.read().toReversed())
      expect([...kinds.counter.items()]).toEqual([])
    })

    test('[H5] has the kinds that were asked for, and the newest 200 entries of each stream of a log', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        for (let i = 1; i <= 450; i += 1) tx.lines.append(`${i}`, { stream: i % 2 === 0 ? 'even' : 'odd' })
        tx.lines.append('alone', { stream: 'x' })
      })
      const { kinds } = await store.snapshot(['lines'])
      expect(Object.keys(kinds)).toEqual(['lines'])
      const items = [...kinds.lines.items()]
      expect(items.filter(({ stream }) => stream === 'even')).toEqual(store.lines.read({ stream: 'even', limit: 200 }))
      expect(items.filter(({ stream }) => stream === 'odd')).toEqual(store.lines.read({ stream: 'odd', limit: 200 }))
      expect([items.length, kinds.lines.count]).toEqual([401, 401])
      expect((await store.snapshot([])).kinds).toEqual({})
    })

    test('[H5] [X28] beside writers is consistent at one revision, and the feed after it leads to the newest state', async () => {
      const store = await openSample({ driver })
      const everyHost = Array.from({ length: 2000 }, (_, i) => host(`h${i}`, 'x'.repeat(50), { seen: 0 }))
      await store.commit((tx) => everyHost.forEach((it) => tx.hosts.put(it)))
      const other = await openElsewhere({ directory: store.directory, driver })
      let isWriting = true
      const writers = [0, 1].map(async (who) => {
        for (let n = 1; isWriting; n += 1) {
          // The first and the last row of the table, which no one slice has, always say the same.
          const pair = [host('h0', 'pair', { seen: n }), host('h1999', 'pair', { seen: n })]
          if (who === 0) await other.call('put', pair)
          else await store.commit((tx) => pair.forEach((it) => tx.hosts.put(it)), { durability: 'process' })
        }
      })
      const revisions = new Set<number>()
      let last = await store.snapshot(['hosts'])
      for (let i = 0; i < 8; i += 1) {
        last = await store.snapshot(['hosts'])
        expect(last.kinds.hosts.bytes.length).toBeGreaterThan(1)
        const items = new Map([...last.kinds.hosts.items()].map((item) => [item.key, item]))
        expect(items.size).toBe(2000)
        expect(items.get('h0')?.value.seen).toBe(items.get('h1999')?.value.seen)
        expect(items.get('h0')?.revision).toBe(last.revision)
        revisions.add(last.revision)
      }
      expect(revisions.size).toBeGreaterThan(3)
      isWriting = false
      await Promise.all(writers)

      const replica = new Map([...last.kinds.hosts.items()].map(({ key, value }) => [key, value]))
      const head = store.hosts.entry('h0')?.revision ?? 0
      let at = last.revision
      if (head > at) {
        for await (const commit of store.follow({ after: last.cursor })) {
          expect(commit.revision).toBe(at + 1)
          at = commit.revision
          for (const { key, value } of putsOf(commit)) replica.set(key, value)
          if (at === head) break
        }
      }
      expect([...replica.values()].toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual(allHosts(store))
    })

    test('[H5] lets the event loop turn while it is read', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        for (let i = 0; i < 20_000; i += 1) tx.hosts.put(host(`host ${i}`, 'x'.repeat(100)))
      })
      let turns = 0
      let isTaken = false
      const count = (): void => {
        turns += 1
        if (!isTaken) setImmediate(count)
      }
      setImmediate(count)
      const { kinds } = await store.snapshot(['hosts'])
      isTaken = true
      expect(kinds.hosts.count).toBe(20_000)
      expect(turns).toBeGreaterThan(5)
      expect(kinds.hosts.bytes.length).toBeGreaterThan(3)
      expect(kinds.hosts.bytes.every((piece) => piece.at(-1) === 10)).toBe(true)
    })

    test('[H5] shared serves many for a second or 1,000 commits, and each goes on with the commits after it', async () => {
      const clock = new FakeClock()
      const store = await openStoreWith(clock.seams, sample, { directory: temporaryDirectory(), driver })
      onTestFinished(() => store.close())
      const commit = (): Promise<unknown> => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1), { durability: 'process' })
      const share = () => store.snapshot(['counter'], { shared: true })
      await commit()

      const [a, b, c] = await Promise.all([share(), share(), store.snapshot(['counter'])])
      expect(b.kinds.counter.bytes).toBe(a.kinds.counter.bytes)
      expect(c.kinds.counter.bytes).not.toBe(a.kinds.counter.bytes)
      expect((await store.snapshot(['counter', 'title'], { shared: true })).kinds.counter.bytes).not.toBe(a.kinds.counter.bytes)

      for (let i = 0; i < 1000; i += 1) void commit()
      await commit()
      expect(store.counter.get()).toBe(1002)
      const stale = await share()
      expect(stale.revision).toBe(1002)
      clock.advance(999)
      await commit()
      const shared = await share()
      expect(shared.kinds.counter.bytes).toBe(stale.kinds.counter.bytes)
      const follower = store.follow({ after: shared.cursor })
      expect((await take(follower, 1))[0]?.changes[0]).toMatchObject({ value: 1003, before: 1002 })
      await follower.return()
      clock.advance(2)
      expect((await share()).revision).toBe(1003)
    })

    test('[H5] is given up when its read transaction has been open for 5 s, and the next one is taken', async () => {
      const clock = new FakeClock()
      const store = await openStoreWith(clock.seams, sample, { directory: temporaryDirectory(), driver })
      onTestFinished(() => store.close())
      await store.commit((tx) => {
        for (let i = 0; i < 2000; i += 1) tx.hosts.put(host(`${i}`))
      })
      const snapshot = failureOf(store.snapshot(['hosts']))
      while (store.health().snapshotOpenMs === undefined) await new Promise((resolve) => setImmediate(resolve))
      clock.advance(5001)
      expect(store.health().snapshotOpenMs).toBeGreaterThan(5000)
      expect(await snapshot).toMatchObject({ code: 'SNAPSHOT_TOO_SLOW', details: { limitMs: 5000 } })
      expect(store.health().snapshotOpenMs).toBeUndefined()
      expect((await store.snapshot(['hosts'])).kinds.hosts.count).toBe(2000)
    })

    test('[H5] of what is not declared is refused; of a store that closes it fails, and of a closed one', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => tx.hosts.put(host('a')))
      const snapshot = (kinds: unknown, options?: unknown): Promise<Error> => failureOf(store.snapshot(kinds as never, options as never))
      expect(await snapshot(['hosts', 'nope'])).toMatchObject({
        code: 'KIND_UNKNOWN',
        details: { kind: 'nope', declared: ['title', 'counter', 'hosts', 'lines'] },
      })
      for (const kinds of ['hosts', null, 5, {}]) expect(codeOf(await snapshot(kinds))).toBe('OPTION_INVALID')
      expect((await snapshot(['hosts'], { share: true })).message).toContain('did you mean "shared"?')
      await store.close()
      expect(codeOf(await snapshot(['hosts']))).toBe('STORE_CLOSED')
    })

    test('[H5] fails when its turn comes after the store was closed, and opens nothing then', async () => {
      const store = await openSample({ driver })
      await store.commit((tx) => {
        for (let i = 0; i < 2000; i += 1) tx.hosts.put(host(`h${i}`))
      })
      await store.snapshot()
      const taken = [['hosts'], ['title'], ['counter']].map((kinds) => failureOf(store.snapshot(kinds as ['hosts'])))
      await store.close()
      expect((await Promise.all(taken)).map(codeOf)).toEqual(['STORE_CLOSED', 'STORE_CLOSED', 'STORE_CLOSED'])
    })

    test('[H5] [P6] the values in it are those of the store, for every shape of value', async () => {
      const Anything = z.custom<unknown>(() => true)
      const state = defineState({ name: 'values', version: 1, kinds: { values: log(Anything), one: document(Anything), many: keyed() } })
      const store = await openState(state, { driver })
      const values = [null, '', 0, -1.5e-300, true, [], {}, 'é😀\u0000\ud800\u2028"\\', { a: [{ b: null }] }, 'x'.repeat(100_000)]
      for (const value of values) {
        await store.commit((tx) => {
          tx.one.set(value)
          tx.values.append(value)
          tx.many.put({ id: `${store.health().revision}é"`, value })
        })
        const { kinds } = await store.snapshot()
        expect([...kinds.one.items()].map((item) => item.value)).toStrictEqual([value])
        expect([...kinds.many.items()].map((item) => item.value)).toStrictEqual(store.many.find({ limit: 1000 }).items)
        expect([...kinds.values.items()]).toStrictEqual(store.values.read())
      }
    })
  })
})

function keyed() {
  return collection(z.object({ id: z.string(), value: z.custom<unknown>(() => true) }), { key: 'id' })
}

function putsOf({ changes }: CommitOf<typeof sample>): { readonly key: string; readonly value: Host }[] {
  return changes.flatMap((change) => (change.kind === 'hosts' && change.op === 'put' ? [change] : []))
}

function allHosts(store: Awaited<ReturnType<typeof openSample>>): unknown[] {
  const found: unknown[] = []
  for (let after = ''; ;) {
    const page = store.hosts.find({ limit: 1000, gt: after })
    found.push(...page.items)
    after = page.items.at(-1)?.address ?? ''
    if (page.next === undefined) return found
  }
}
