import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { decodeCommit, revisionOf } from '../../src/protocol/commit-text.ts'
import { Feeds } from '../../src/server/feeds.ts'
import { sessionOver } from '../../src/server/gate/visitor.ts'
import type { Scope, SnapshotLines } from '../../src/server/views/scope.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { readSnapshot } from '../support/read-snapshot.ts'
import { scopeOf } from '../support/scope-of.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'
import { TestSink } from './test-sink.ts'

const kinds = ['title', 'counter', 'hosts', 'lines'] as const

/** The streams of a store. */
interface StoreFeeds {
  readonly scope: Scope
  readonly streams: Feeds
}

function feedsOf(
  store: Sample,
  clock?: ManualClock,
  snapshot?: Scope['snapshot'],
): { readonly feeds: StoreFeeds; readonly errors: unknown[] } {
  const errors: unknown[] = []
  const streams = new Feeds({ clock: clock ?? systemClock, maxStreams: 100, onError: (error) => errors.push(error) })
  onTestFinished(() => streams.close())
  const scope = scopeOf(store, kinds)
  return { feeds: { scope: snapshot === undefined ? scope : { ...scope, snapshot }, streams }, errors }
}

/** Revisions of the commits a client got, bookmarks left out. */
function revisions(sink: TestSink): number[] {
  return sink.messages.filter(({ event }) => event === undefined).map(({ id }) => revisionOf(id ?? ''))
}

function hasRevision(revision: number): (messages: Readonly<TestSink['messages']>) => boolean {
  return (messages) => messages.some(({ id }) => id !== undefined && revisionOf(id) >= revision)
}

function hasResets(count: number): (messages: Readonly<TestSink['messages']>) => boolean {
  return (messages) => messages.filter(({ event }) => event === 'reset').length >= count
}

function connect({ scope, streams }: StoreFeeds, after?: string): TestSink {
  const sink = new TestSink()
  streams.stream(sink, scope, after)
  onTestFinished(() => sink.end())
  return sink
}

test('[H1] a stream begins with a whole snapshot and goes on with every commit after it, once', async () => {
  const store = await openSample()
  for (let n = 0; n < 300; n += 1) void store.commit((tx) => tx.hosts.put(host(`h${n}`)))
  await store.commit((tx) => tx.lines.append('begun', { stream: 's' }))
  const { feeds } = feedsOf(store)
  const sink = connect(feeds)
  const writing = Array.from({ length: 300 }, (_, n) => store.commit((tx) => tx.counter.set(n)))
  await Promise.all(writing)
  await sink.until(hasRevision(601))

  const snapshot = sink.messages.filter(({ event }) => event === 'snapshot').map(({ data }) => data)
  const { header, items } = readSnapshot(snapshot.join('\n'))
  expect(items.filter(({ kind }) => kind === 'hosts')).toHaveLength(300)
  const from = revisionOf(header.cursor)
  expect(revisions(sink)).toEqual(Array.from({ length: 601 - from }, (_, n) => from + 1 + n))
})

test('[F1] clients that come at any time each get every commit after their cursor, once and in order', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const clients: { readonly sink: TestSink; readonly from: number }[] = []
  for (let n = 0; n < 200; n += 1) {
    const { revision } = await store.commit((tx) => tx.counter.set(n), { durability: 'process' })
    if (n % 20 === 0) clients.push({ sink: connect(feeds, store.cursor), from: revisionOf(store.cursor) })
    expect(revision).toBe(n + 2)
  }
  for (const { sink, from } of clients) {
    await sink.until(hasRevision(201))
    expect(revisions(sink)).toEqual(Array.from({ length: 201 - from }, (_, n) => from + 1 + n))
  }
})

test('[F3] what is encoded is encoded once: clients at the same place get the same bytes', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const seen: Uint8Array[][] = []
  for (let n = 0; n < 3; n += 1) {
    const sink = new TestSink()
    const taken: Uint8Array[] = []
    seen.push(taken)
    const write = sink.write.bind(sink)
    sink.write = (bytes) => {
      taken.push(bytes)
      write(bytes)
    }
    feeds.streams.stream(sink, scopeOf(store, kinds), store.cursor)
    onTestFinished(() => sink.end())
  }
  const watcher = connect(feeds, store.cursor)
  await store.commit((tx) => tx.title.set('next'))
  await watcher.until(hasRevision(2))
  // Each was told first where it is.
  expect(seen.map((taken) => taken.length)).toEqual([2, 2, 2])
  expect(seen[1]?.[1]).toBe(seen[0]?.[1])
  expect(seen[2]?.[1]).toBe(seen[0]?.[1])
})

test('[F3] [X36] a client that takes nothing costs at most its cap, holds nobody up, and goes on from the history', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const slow = connect(feeds, store.cursor)
  const quick = connect(feeds, store.cursor)
  slow.isPaused = true
  const text = 'x'.repeat(100_000)
  for (let n = 0; n < 60; n += 1) await store.commit((tx) => tx.title.set(`${n} ${text}`), { durability: 'process' })
  await quick.until(hasRevision(61))
  expect(revisions(quick)).toHaveLength(60)
  expect(slow.pendingBytes).toBeGreaterThan(700_000)
  expect(slow.pendingBytes).toBeLessThan(1.1 * 1024 * 1024)
  slow.resume()
  await slow.until(hasRevision(61))
  expect(revisions(slow)).toEqual(revisions(quick))
})

test('[F3] one commit larger than the cap still travels', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const sink = connect(feeds, store.cursor)
  await store.commit((tx) => tx.title.set('x'.repeat(3_000_000)))
  await sink.until(hasRevision(2))
  const message = sink.messages.find(({ event }) => event === undefined)
  expect(decodeCommit(message?.id ?? '', message?.data ?? '').changes).toMatchObject([{ kind: 'title', op: 'put' }])
})

test('[F3] a client that takes nothing for 30 s is let go, and one that takes a little is not', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const clock = new ManualClock()
  const { feeds, errors } = feedsOf(store, clock)
  const stuck = connect(feeds, store.cursor)
  const trickling = connect(feeds, store.cursor)
  for (const sink of [stuck, trickling]) sink.isPaused = true
  for (let n = 0; n < 60; n += 1) {
    await store.commit((tx) => tx.title.set(`${n} ${'x'.repeat(100_000)}`), { durability: 'process' })
    await clock.pass(20)
  }
  for (let n = 0; n < 3; n += 1) {
    await clock.pass(20_000)
    trickling.take(1)
  }
  expect(stuck.isBroken).toBe(true)
  expect(trickling.isBroken).toBe(false)
  expect(errors).toMatchObject([{ code: 'CONSUMER_TOO_SLOW' }])
})

test('[F4] a cursor that is of no use is answered with a reset and a snapshot in the same stream', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const [epoch, , check] = store.cursor.split('.')
  for (const [after, code] of [
    [`AAAAAAAA.1.${check}`, 'CURSOR_DIVERGED'],
    [`${epoch}.1.AAAAAAAA`, 'CURSOR_DIVERGED'],
    [`${epoch}.zz.${check}`, 'CURSOR_IN_FUTURE'],
  ] as const) {
    const sink = connect(feeds, after)
    await sink.until((messages) => messages.at(-1)?.event === 'bookmark')
    expect(new Set(sink.messages.map(({ event }) => event))).toEqual(new Set(['reset', 'snapshot', 'bookmark']))
    expect(sink.messages.findLastIndex(({ event }) => event === 'reset')).toBe(0)
    expect(JSON.parse(sink.messages[0]?.data ?? '')).toMatchObject({ code })
    expect(sink.messages.at(-1)?.id).toBe(store.cursor)
  }
})

test('[F4] resets that follow each other ask for a new snapshot, and then wait longer before each', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const clock = new ManualClock()
  const asked: { readonly isShared: boolean; readonly at: number }[] = []
  // The first five snapshots are of a history that has ended.
  const snapshot = async (isShared: boolean): Promise<SnapshotLines> => {
    asked.push({ isShared, at: clock.now() })
    const taken = await scopeOf(store, kinds).snapshot(isShared)
    return asked.length <= 5 ? { ...taken, cursor: `AAAAAAAA.1.c0ffee_${asked.length}` } : taken
  }
  const { feeds } = feedsOf(store, clock, snapshot)
  const sink = connect(feeds)
  for (const [resets, restMs] of [
    [3, 1000],
    [4, 2000],
    [5, 4000],
  ] as const) {
    await sink.until(hasResets(resets))
    await clock.pass(restMs)
  }
  await sink.until((messages) => messages.at(-1)?.event === 'bookmark')
  expect(asked).toEqual([
    { isShared: true, at: 0 },
    { isShared: true, at: 0 },
    { isShared: false, at: 0 },
    { isShared: false, at: 1000 },
    { isShared: false, at: 3000 },
    { isShared: false, at: 7000 },
  ])
  expect(hasResets(6)(sink.messages)).toBe(false)
  expect(sink.messages.at(-1)).toMatchObject({ event: 'bookmark', id: store.cursor })
})

test('[F4] a client that leaves while it waits for its snapshot is forgotten', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const clock = new ManualClock()
  let asked = 0
  const snapshot = async (isShared: boolean): Promise<SnapshotLines> => {
    asked += 1
    return { ...(await scopeOf(store, kinds).snapshot(isShared)), cursor: `AAAAAAAA.1.c0ffee_${asked}` }
  }
  const { feeds } = feedsOf(store, clock, snapshot)
  const sink = connect(feeds)
  await sink.until(hasResets(3))
  sink.end()
  expect(clock.waitsUntil).toEqual([])
  await clock.pass(60_000)
  expect([asked, feeds.streams.open]).toEqual([3, 0])
})

test('[E1] a stream that ends between two messages of its snapshot says why, and in the middle of a long one it only ends', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const last = async (pieceBytes: number): Promise<unknown> => {
    const piece = new TextEncoder().encode(`${JSON.stringify('x'.repeat(pieceBytes))}\n`)
    const { feeds } = feedsOf(store, new ManualClock(), async () => ({ cursor: store.cursor, pieces: Array(4).fill(piece) }))
    const sink = new TestSink()
    sink.isPaused = true
    const stream = feeds.streams.stream(sink, feeds.scope, undefined)
    while (sink.pendingBytes < 300_000) await nextTurn()
    stream?.end(sessionOver(), 400)
    sink.resume()
    return sink.messages.at(-1)?.event
  }
  expect([await last(200_000), await last(600_000)]).toEqual(['end', undefined])
})

test('[F1] a stream that has caught up says so by a bookmark, after a snapshot and after what was missed', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { cursor: begin } = store
  for (let n = 0; n < 300; n += 1) await store.commit((tx) => tx.counter.set(n), { durability: 'process' })
  // Everything is published with this one.
  await store.commit((tx) => tx.counter.set(-1))
  const { feeds } = feedsOf(store)
  const caughtUp = (messages: Readonly<TestSink['messages']>): boolean => messages.some(({ event }) => event === 'bookmark')
  for (const [after, before] of [
    [undefined, 'snapshot'],
    [begin, undefined],
    [store.cursor, 'nothing'],
  ] as const) {
    const sink = connect(feeds, after)
    await sink.until(caughtUp)
    expect(sink.messages.at(-1)).toMatchObject({ event: 'bookmark', id: store.cursor })
    expect(new Set(sink.messages.slice(0, -1).map(({ event }) => event))).toEqual(new Set(before === 'nothing' ? [] : [before]))
  }
})

test('[F3] something is heard every 15 s, and it says where the client is', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const clock = new ManualClock()
  const { feeds } = feedsOf(store, clock)
  const sink = connect(feeds, store.cursor)
  await clock.pass(31_000)
  expect(sink.messages).toMatchObject(['0', '15000', '30000'].map((data) => ({ event: 'bookmark', id: store.cursor, data })))
})

test('[F2] a heartbeat leads nobody back who came while the newest commits were about to be sent', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const clock = new ManualClock()
  const { feeds } = feedsOf(store, clock)
  const titles = { ...feeds, scope: scopeOf(store, ['title']) }
  const first = connect(titles, store.cursor)
  await clock.pass(14_900)
  // It changes nothing that is followed, so the bookmark for it waits.
  await store.commit((tx) => tx.counter.set(1))
  await clock.pass(1)
  const second = connect(titles, store.cursor)
  await clock.pass(1000)
  const placesOf = ({ messages }: TestSink): number[] => messages.map(({ id = '' }) => revisionOf(id))
  expect([placesOf(first), placesOf(second)]).toEqual([[1, 1, 2], [2]])
})

test('[F7] commits that change nothing a client may see move its cursor by a bookmark', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const sink = new TestSink()
  feeds.streams.stream(sink, scopeOf(store, ['title']), store.cursor)
  onTestFinished(() => sink.end())
  await store.commit((tx) => tx.counter.set(1))
  await sink.until(hasRevision(2))
  expect(sink.messages).toMatchObject([{ event: 'bookmark' }, { event: 'bookmark', id: store.cursor }])
})

test('[X25] [R6] clients that connect, hydrate and follow write nothing', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const { cursor } = store
  const { walBytes } = store.health()
  const sinks = Array.from({ length: 20 }, () => connect(feeds))
  for (const sink of sinks) await sink.until(hasRevision(1))
  expect(store.cursor).toBe(cursor)
  expect(store.health().walBytes).toBe(walBytes)
})

test('[F2] streams end with the store, and say so', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds } = feedsOf(store)
  const sink = connect(feeds, store.cursor)
  await store.close()
  await sink.until(() => false)
  expect(sink.isClosed).toBe(true)
  expect(sink.messages).toMatchObject([{ event: 'bookmark' }, { event: 'end' }])
})
