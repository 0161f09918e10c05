import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { collection, type Store } from '../../src/index.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { StoreHandle } from '../../src/store/store-handle.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { findFaults } from '../support/fold.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { openState } from '../support/open-state.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { canMount } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { SoftCalls } from './soft-program.ts'
import { withDelayed } from './soft-state.ts'

type WithDelayed = Store<typeof withDelayed>

const viewer = (id: string, room = 'x', at = 1) => ({ id, room, at })

/** A store in which no time passes but by the clock. */
async function openStill(options: { readonly driver?: 'node:sqlite' | 'better-sqlite3' } = {}) {
  const clock = new ManualClock()
  const directory = temporaryDirectory()
  const store = await openStoreWith({ ...systemSeams(), clock }, withDelayed, { directory, ...options })
  onTestFinished(() => store.close())
  return { clock, store, directory }
}

const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id).join(' ')

eachDriver((driver) => {
  describe('[D3] written behind', () => {
    test('[D3] is seen by this process at once: got, found in order, paged and counted', async () => {
      const { store } = await openStill({ driver })
      await store.commit((tx) => {
        for (const [id, at] of [
          ['a', 1],
          ['c', 3],
          ['e', 5],
          ['g', 7],
        ] as const)
          tx.viewers.put(viewer(id, 'x', at))
      })
      store.viewers.put(viewer('b', 'x', 2))
      store.viewers.put(viewer('c', 'y', 3))
      store.viewers.put(viewer('e', 'x', 9))
      store.viewers.delete('g')
      store.viewers.delete('never')
      store.progress.set({ done: 1 })
      store.progress.set({ done: 2 })
      expect(store.progress.get()).toEqual({ done: 2 })
      expect(store.viewers.get('b')).toEqual(viewer('b', 'x', 2))
      expect(store.viewers.get('b')).toBe(store.viewers.get('b'))
      expect([store.viewers.get('g'), store.viewers.entry('g')]).toEqual([undefined, undefined])
      expect(idsOf(store.viewers.find({}).items)).toBe('a b c e')
      expect(idsOf(store.viewers.find({ index: 'byRoom', order: 'desc' }).items)).toBe('c e b a')
      expect(idsOf(store.viewers.find({ index: 'byRoom', equals: ['x'], gte: 2 }).items)).toBe('b e')
      const first = store.viewers.find({ index: 'byRoom', limit: 2 })
      const second = store.viewers.find({ index: 'byRoom', limit: 2, ...(first.next === undefined ? {} : { after: first.next }) })
      expect([idsOf(first.items), idsOf(second.items), second.next]).toEqual(['a b', 'e c', undefined])
      expect([store.viewers.count(), store.viewers.count({ index: 'byRoom', equals: ['x'] })]).toEqual([4, 3])
      expect(store.health().pendingWrites).toBe(6)
    })

    test('[D3] is one commit of all kinds after 100 ms, of the last value of each; what is equal takes none', async () => {
      const { store, clock } = await openStill({ driver })
      const follower = store.follow()
      for (let done = 0; done < 50; done += 1) store.progress.set({ done })
      store.viewers.put(viewer('a'))
      store.viewers.put(viewer('a', 'z'))
      await clock.pass(99)
      expect(store.health()).toMatchObject({ revision: 0, pendingWrites: 2 })
      await clock.pass(1)
      const [commit] = await take(follower, 1)
      expect(commit?.changes).toEqual([
        { kind: 'progress', op: 'put', key: '', value: { done: 49 } },
        { kind: 'viewers', op: 'put', key: 'a', value: viewer('a', 'z') },
      ])
      expect(commit?.label).toBe('written behind')
      expect(store.health()).toMatchObject({ revision: 1, pendingWrites: 0, pendingFailure: undefined })
      store.progress.set({ done: 49 })
      await clock.pass(100)
      expect(store.health()).toMatchObject({ revision: 1, pendingWrites: 0 })
    })

    test('[D3] is written at most once a window, whatever comes meanwhile', async () => {
      const { store, clock } = await openStill({ driver })
      for (let ms = 0; ms < 1000; ms += 10) {
        store.progress.set({ done: ms })
        await clock.pass(10)
      }
      await store.flush()
      expect(store.health().revision).toBeGreaterThanOrEqual(8)
      expect(store.health().revision).toBeLessThanOrEqual(11)
      expect(store.progress.get()).toEqual({ done: 990 })
    })

    test('[D3] comes before a commit that reads or writes its kind, as a commit of its own', async () => {
      const { store, directory } = await openStill({ driver })
      store.viewers.put(viewer('a', 'x', 1))
      store.progress.set({ done: 1 })
      const other = await store.commit((tx) => tx.hosts.put({ address: '1', up: true }))
      expect([other.revision, store.health().pendingWrites]).toEqual([1, 2])
      const { revision, value } = await store.commit((tx) => {
        tx.hosts.put({ address: '2', up: true })
        tx.lines.append('one')
        tx.lines.append('two', { stream: 's' })
        tx.title.set('t')
        const seen = tx.viewers.get('a')
        tx.viewers.put(viewer('a', 'x', 2))
        tx.lines.append('three')
        return seen
      })
      expect([revision, value]).toEqual([3, viewer('a', 'x', 1)])
      const commits = await take(store.follow(), 3)
      expect(commits.map(({ label, changes }) => [label, changes.length])).toEqual([
        [undefined, 1],
        ['written behind', 1],
        [undefined, 6],
      ])
      expect([store.hosts.entry('2')?.revision, store.title.entry()?.revision, store.viewers.entry('a')?.revision]).toEqual([3, 3, 3])
      expect(store.lines.read().map((entry) => entry.revision)).toEqual([3, 3, 3])
      expect([store.health().pendingWrites, store.viewers.get('a')]).toEqual([1, viewer('a', 'x', 2)])
      await store.flush()
      await store.close()
      expect(findFaults(await openTables(directory))).toEqual([])
    })

    test('[D3] that is only read in a commit is committed with it, which itself changes nothing', async () => {
      const { store } = await openStill({ driver })
      store.viewers.put(viewer('a'))
      const result = await store.commit((tx) => tx.viewers.count())
      expect(result).toMatchObject({ revision: 1, value: 1, changed: false })
      const [commit] = await take(store.follow(), 1)
      expect(commit?.changes).toHaveLength(1)
    })

    test('[D3] stays pending when the commit that touched it fails, alone and in a group', async () => {
      const { store, directory } = await openStill({ driver })
      const failing = (): Promise<unknown> =>
        outcomeOf(
          store.commit((tx) => {
            tx.hosts.put({ address: 'never', up: true })
            tx.viewers.delete('a')
            throw new Error('no')
          }),
        )
      store.viewers.put(viewer('a'))
      expect(await failing()).toBe('no')
      expect([store.viewers.get('a'), store.health().pendingWrites, store.health().revision]).toEqual([viewer('a'), 1, 0])
      const results = await Promise.all([
        store.commit((tx) => tx.lines.append('l')),
        failing(),
        store.commit((tx) => tx.viewers.put(viewer('b'))),
      ])
      expect(results[1]).toBe('no')
      expect([store.health().revision, store.health().pendingWrites, store.viewers.count()]).toEqual([3, 0, 2])
      await store.close()
      expect(findFaults(await openTables(directory))).toEqual([])
    })

    test('[D3] [R2] is the same object once it is committed', async () => {
      const { store } = await openStill({ driver })
      store.viewers.put(viewer('a'))
      store.progress.set({ done: 1 })
      const before = [store.viewers.get('a'), store.progress.get()]
      await store.flush()
      expect(store.health().pendingWrites).toBe(0)
      expect(store.viewers.get('a')).toBe(before[0])
      expect(store.progress.get()).toBe(before[1])
    })

    test('[D3] [X13] flush and close persist the last value', async () => {
      const { store, directory } = await openStill({ driver })
      store.progress.set({ done: 1 })
      await store.flush()
      expect(store.health().published).toBe(1)
      store.progress.set({ done: 2 })
      store.viewers.put(viewer('a'))
      await store.close()
      const again = await openState(withDelayed, { directory, driver })
      expect([again.progress.get(), again.viewers.get('a')]).toEqual([{ done: 2 }, viewer('a')])
    })
  })
})

const program = new URL('./soft-program.ts', import.meta.url)

describe('[D3] the end of a process', () => {
  test.each([
    ['that has nothing left to do', undefined],
    ['by SIGTERM', 'SIGTERM'],
    ['by SIGINT', 'SIGINT'],
  ] as const)('[D3] [X13] %s persists what is pending', async (_how, signal) => {
    const directory = temporaryDirectory()
    const running = new Program<SoftCalls>(program)
    await running.call('openBehind', { directory })
    expect((await running.call('progress', 7)).pendingWrites).toBe(1)
    await running.end(signal)
    expect((await openState(withDelayed, { directory })).progress.get()).toEqual({ done: 7 })
  })
})

describe.skipIf(!canMount)('[D3] a full disk (needs root that may mount)', () => {
  test('[D3] [X14] keeps what is pending, health and one report say so, and it is persisted when there is space', async () => {
    const mountPoint = temporaryDirectory()
    const mount = 'mount -t tmpfs -o mode=0700,size=3m tmpfs "$0" && exec "$@"'
    const running = new Program<SoftCalls>(program, { under: ['unshare', '--mount', 'sh', '-c', mount, mountPoint] })
    await running.call('openBehind', { directory: join(mountPoint, 'state') })
    let said: unknown
    do said = await running.call('line', 100_000)
    while (said !== 'DISK_FULL')
    // What is left of the last page of the log takes no commit either.
    do said = await running.call('line', 10)
    while (said !== 'DISK_FULL')
    await running.call('progress', 1)
    const { health, reports } = await running.call('settled')
    expect(health).toMatchObject({ pendingWrites: 1, pendingFailure: expect.stringContaining('full') })
    expect(reports.filter((message) => message.includes('written behind'))).toHaveLength(1)
    expect(await running.call('flush')).toBe('DISK_FULL')
    await running.call('progress', 2)
    execFileSync('nsenter', ['--mount', '-t', `${running.pid}`, 'mount', '-o', 'remount,size=64m', mountPoint])
    const committed = await running.call('committed')
    expect([committed.pendingWrites, committed.pendingFailure]).toEqual([0, undefined])
  })
})

describe('[D3] misuse', () => {
  test('[D3] [C10] more than a commit holds is refused where it is written, and can be written after a flush', async () => {
    const store = await openState(withDelayed, { maxCommitBytes: 10_000 })
    const large = (id: string) => ({ id, room: 'x'.repeat(1000), at: 1, seat: 1 })
    store.viewers.put(large('a'))
    store.viewers.put(large('b'))
    store.viewers.put(large('b'))
    expect(outcome(() => store.viewers.put(large('c')))).toBe('COMMIT_TOO_LARGE')
    expect(store.viewers.count()).toBe(2)
    await store.flush()
    store.viewers.put(large('c'))
    await store.flush()
    expect(store.viewers.count()).toBe(3)
  })

  test('[D3] a wrong value is refused at once and nothing is pending', async () => {
    const { store } = await openStill()
    expect(outcome(() => store.viewers.put({ id: 'a' } as never))).toBe('SCHEMA_REJECTED')
    expect(outcome(() => store.viewers.put(viewer('')))).toBe('VALUE_INVALID')
    expect(outcome(() => store.progress.set({ done: 'x' } as never))).toBe('SCHEMA_REJECTED')
    expect(outcome(() => store.viewers.delete(1 as never))).toBe('VALUE_INVALID')
    expect(outcome(() => store.viewers.put(viewer('a', 'too long for an index'.repeat(100))))).toBe('VALUE_INVALID')
    expect(store.health().pendingWrites).toBe(0)
  })

  test('[D3] [C4] not inside a commit, not after close, not in a read-only store', async () => {
    const { store, directory } = await openStill()
    await store.commit((tx) => tx.title.set('t'))
    const { viewers } = store
    await store.commit(() => expect(outcome(() => viewers.put(viewer('a')))).toBe('COMMIT_NESTED'))
    const closed = store.close()
    expect(outcome(() => viewers.put(viewer('a')))).toBe('STORE_CLOSED')
    await closed
    const reader = await openState(withDelayed, { directory, readOnly: true })
    expect(outcome(() => reader.viewers.put(viewer('a')))).toBe('STORE_READ_ONLY')
    expect(reader.viewers.find({}).items).toEqual([])
  })

  test('[D3] a unique index over what nobody awaits is refused', () => {
    const Thing = z.object({ id: z.string(), n: z.number() })
    const declare = () => collection(Thing, { key: 'id', durability: 'delayed', indexes: { byN: { fields: ['n'], unique: true } } })
    expect(outcome(declare)).toBe('OPTION_INVALID')
  })

  test('[D3] [D7] what is pending is not told over the network', async () => {
    const { store } = await openStill()
    await store.commit((tx) => tx.viewers.put(viewer('a', 'x')))
    store.viewers.put(viewer('a', 'pending'))
    const committed = StoreHandle.serving(store)?.committed('viewers') as WithDelayed['viewers']
    expect([committed.get('a'), committed.find({}).items]).toEqual([viewer('a', 'x'), [viewer('a', 'x')]])
  })
})
