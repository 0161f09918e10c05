import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import type { sample } from '../../../test/support/sample.ts'
import {
  commitEvent,
  cursor,
  outcomeByNow,
  pollLine,
  refusal,
  ScriptedWire,
  setTitle,
  settle,
  snapshotText,
} from '../../../test/support/scripted-wire.ts'
import { SimulatedTabs, type Tab } from '../../../test/support/simulated-tabs.ts'
import { createReplica, type ReplicaPlan } from '../create-replica.ts'
import type { CallableAction, Replica } from '../replica.ts'
import { SharedFeed } from './shared-feed.ts'
import type { TabChannel } from './tab-channel.ts'

interface OpenTab {
  readonly tab: Tab
  readonly replica: Replica<typeof sample, { readonly rename: CallableAction<{ readonly to: string }, number> }>
}

/** Tabs of one origin, and the server they ask. */
class Origin {
  readonly wire = new ScriptedWire()
  readonly clock = new ManualClock()
  /** Channels that are open. */
  channels = 0
  /** What tabs have been told, and given by locks; beyond 1,000 nothing is. */
  told = 0
  readonly #tabs: SimulatedTabs
  #seed = 0

  /** @param wayMs how long what a tab is told is on its way; in the same turn when undefined */
  constructor(wayMs?: number) {
    const later = (callback: () => void): void => {
      if ((this.told += 1) > 1000) return
      if (wayMs === undefined) queueMicrotask(callback)
      else this.clock.after((this.told % 3) * wayMs, callback)
    }
    this.#tabs = new SimulatedTabs({ later })
  }

  /** A new tab, whose snapshot is at a revision. */
  async open(revision = 5, plan: ReplicaPlan = {}): Promise<OpenTab> {
    const opened = this.begin(plan)
    await this.hydrate(revision)
    return opened
  }

  begin(plan: ReplicaPlan = {}): OpenTab {
    const { clock, wire } = this
    const tab = this.#tabs.open()
    const random = (): number => (this.#seed += 0.1) % 1
    const openChannel = (name: string): TabChannel => {
      const channel = tab.openChannel(name)
      const close = channel.close.bind(channel)
      this.channels += 1
      return Object.assign(channel, { close: () => (close(), void (this.channels -= 1)) })
    }
    const feed = new SharedFeed({ name: 'sample', clock, random, wire: wire.ask, locks: tab.locks, openChannel })
    const replica = createReplica<typeof sample, { readonly rename: CallableAction<{ readonly to: string }, number> }>(plan, {
      wire: feed.share(wire.ask),
      socket: feed.share(wire.ask),
      clock,
      random,
      createId: () => 'id',
      onOnline: (callback, signal) => feed.onLive(callback, signal),
      onError: (error) => expect.unreachable(String(error)),
    })
    onTestFinished(() => replica.close())
    return { tab, replica }
  }

  /** A new tab that polls; it was told that there is nothing new. */
  async poll(): Promise<OpenTab> {
    const opened = await this.open(5, { transport: 'long-poll' })
    const first = await this.wire.polls.next()
    expect(first.subject).toEqual({ after: cursor(5), waitMs: 0 })
    first.answer({ text: '', cursor: cursor(5) })
    await settle()
    return opened
  }

  async hydrate(revision: number, epoch?: string): Promise<void> {
    const title = ['', revision, revision * 1000, `title ${revision}`]
    await this.wire.serveSnapshot(snapshotText({ revision, ...(epoch && { epoch }), items: { title: [title] } }))
  }
}

function shown({ replica }: OpenTab): unknown {
  const { state, transport, revision } = replica.status
  return [state, transport, revision, replica.title.get()]
}

test('[X57] twelve tabs have one stream together, and each of them shows every commit', async () => {
  const origin = new Origin()
  const tabs = [await origin.open()]
  const feed = await origin.wire.openFeed()
  while (tabs.length < 12) tabs.push(await origin.open())
  expect(tabs.map((tab) => shown(tab))).toEqual(tabs.map((_, n) => ['live', n === 0 ? 'sse' : 'shared', 5, 'title 5']))
  feed.send(commitEvent(6, [setTitle('six')]), { event: 'bookmark', id: cursor(9), data: '0' })
  await settle()
  expect(tabs.map((tab) => shown(tab))).toEqual(tabs.map((_, n) => ['live', n === 0 ? 'sse' : 'shared', 9, 'six']))
  expect(origin.wire.feeds.all.length).toBe(1)
  expect(origin.wire.polls.all).toEqual([])
})

test('[X57] tabs that poll beside one that streams ask it every 2 s each, and do not wake each other', async () => {
  const origin = new Origin(5)
  await origin.open()
  await origin.clock.pass(100)
  await origin.wire.openFeed()
  const polling = [await origin.poll(), await origin.poll()]
  await origin.clock.pass(100)
  expect(polling.map((tab) => shown(tab))).toEqual(polling.map(() => ['live', 'long-poll', 5, 'title 5']))
  const before = origin.told
  for (let passed = 0; passed < 10_000; passed += 5) await origin.clock.pass(5)
  expect(origin.told - before).toBeGreaterThan(10)
  expect(origin.told - before).toBeLessThan(80)
})

test('[X57] [F8] when the tab that leads is closed, another one goes on from where it was, and the others do not notice', async () => {
  const origin = new Origin()
  const [one, two, three] = [await origin.open(), await origin.open(), await origin.open()]
  const feed = await origin.wire.openFeed()
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  one.replica.close()
  const next = await origin.wire.openFeed()
  expect(next.after).toBe(cursor(6))
  next.send(commitEvent(7, [setTitle('seven')]))
  await settle()
  expect([two, three].map((tab) => shown(tab))).toEqual([
    ['live', 'sse', 7, 'seven'],
    ['live', 'shared', 7, 'seven'],
  ])
  two.tab.crash()
  expect((await origin.wire.openFeed()).after).toBe(cursor(7))
})

test('[X57] a tab that is closed while it waits to try again says nothing more, and hears nothing', async () => {
  const origin = new Origin()
  const { replica } = await origin.open()
  ;(await origin.wire.feeds.next()).refuse(new TypeError('fetch failed'))
  await settle()
  expect([replica.status.state, origin.channels]).toEqual(['offline', 1])
  replica.close()
  await settle()
  expect([replica.status.state, origin.channels, origin.clock.waitsUntil]).toEqual(['closed', 0, []])
})

test('[X57] what was posted between the snapshot of a tab and its first message is asked for at the server, once', async () => {
  const origin = new Origin()
  await origin.open()
  const feed = await origin.wire.openFeed()
  feed.send(commitEvent(6, [setTitle('six')]), commitEvent(7, [setTitle('seven')]))
  await settle()
  const late = await origin.open(5)
  expect(shown(late)).toEqual(['hydrating', undefined, 5, 'title 5'])
  const asked = await origin.wire.polls.next()
  expect(asked.subject).toEqual({ after: cursor(5), waitMs: 0 })
  // What goes on meanwhile waits for the answer.
  feed.send(commitEvent(8, [setTitle('eight')]))
  await settle()
  const told: unknown[] = []
  late.replica.subscribe((commit) => told.push(commit?.revision))
  asked.answer({ text: pollLine(6, [setTitle('six')]) + pollLine(7, [setTitle('seven')]), cursor: cursor(7) })
  await settle()
  expect(shown(late)).toEqual(['live', 'shared', 8, 'eight'])
  expect(told).toEqual([6, 7, 8])
})

test('[X57] a tab that gets the lead while it asks for what it missed goes on after the answer', async () => {
  const origin = new Origin()
  const one = await origin.open()
  const feed = await origin.wire.openFeed()
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  const late = await origin.open(5)
  const asked = await origin.wire.polls.next()
  one.replica.close()
  await settle()
  expect(origin.wire.feeds.waiting).toBe(0)
  asked.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
  expect((await origin.wire.openFeed()).after).toBe(cursor(6))
  expect(shown(late)).toEqual(['live', 'sse', 6, 'six'])
})

test('[X57] a tab that leads and freezes loses the lead after 2.5 heartbeats; what it says when it thaws changes nothing', async () => {
  const origin = new Origin()
  const [one, two, three] = [await origin.open(), await origin.open(), await origin.open()]
  const old = await origin.wire.openFeed()
  old.send(commitEvent(6, [setTitle('six')]))
  await settle()
  one.tab.freeze()
  old.send(commitEvent(7, [setTitle('seven')]))
  await settle()
  expect(shown(two)).toEqual(['live', 'shared', 6, 'six'])
  await origin.clock.pass(37_499)
  expect(origin.wire.feeds.waiting).toBe(0)
  while (origin.wire.feeds.waiting === 0 && origin.clock.elapsed() < 43_000) await origin.clock.pass(50)
  expect(origin.clock.elapsed()).toBeLessThan(42_550)
  const next = await origin.wire.openFeed()
  expect(next.after).toBe(cursor(6))
  next.send(commitEvent(7, [setTitle('seven')]), commitEvent(8, [setTitle('eight')]))
  await settle()
  const states: string[] = []
  for (const { replica } of [two, three]) replica.onStatus(({ state }) => states.push(state))
  // It had got this before it froze, and posts it now.
  one.tab.thaw()
  await settle()
  const all = [two, three].map((tab) => shown(tab))
  expect(all).toContainEqual(['live', 'shared', 8, 'eight'])
  expect(all).toContainEqual(['live', 'sse', 8, 'eight'])
  expect(new Set(states)).toEqual(new Set())
  await origin.clock.pass(2_000)
  expect(shown(one)).toEqual(['live', 'shared', 8, 'eight'])
  expect(origin.wire.feeds.waiting).toBe(0)
})

test('[X57] [F5] what a tab posts of a history that the server has no more is passed over', async () => {
  const origin = new Origin()
  const one = await origin.open()
  const feed = await origin.wire.openFeed()
  const restored = origin.begin()
  await origin.hydrate(3, 'epoch-bb')
  const asked = await origin.wire.polls.next()
  expect(asked.subject.after).toBe(cursor(3, 'epoch-bb'))
  asked.answer({ text: '', cursor: cursor(3, 'epoch-bb') })
  await settle()
  expect(restored.replica.title.get()).toBe('title 3')
  // The one that leads learns of it by itself, and takes a snapshot; the other one, which needs none, leads from then on.
  feed.send({ event: 'reset', data: JSON.stringify({ code: 'CURSOR_DIVERGED', message: 'restored', details: {} }) })
  await settle()
  const next = await origin.wire.openFeed()
  expect(next.after).toBe(cursor(3, 'epoch-bb'))
  await origin.hydrate(3, 'epoch-bb')
  next.send(commitEvent(4, [setTitle('four')], 'epoch-bb'))
  await settle()
  expect([one, restored].map((tab) => shown(tab))).toEqual([
    ['live', 'shared', 4, 'four'],
    ['live', 'sse', 4, 'four'],
  ])
  expect(origin.wire.snapshots.waiting).toBe(0)
})

test('[X57] [B1] what a tab posts that another session has asked for is not taken: the server says what this one may see', async () => {
  const origin = new Origin()
  await origin.open()
  const feed = await origin.wire.openFeed()
  const other = origin.begin()
  const cursorOf = (revision: number): string => cursor(revision).replace('check', 'other')
  await origin.wire.serveSnapshot(snapshotText({ revision: 5 }).replace(cursor(5), cursorOf(5)))
  feed.send(commitEvent(6, [setTitle('not for you')]))
  const asked = await origin.wire.polls.next()
  expect(asked.subject).toEqual({ after: cursorOf(5), waitMs: 0 })
  asked.answer({ text: '', cursor: cursorOf(6) })
  await settle()
  expect(shown(other)).toEqual(['live', 'shared', 6, undefined])
})

test('[X57] nobody is live while the one that leads is not, and all are again when one is', async () => {
  const origin = new Origin()
  const tabs = [await origin.open(), await origin.open(), await origin.open()]
  const feed = await origin.wire.openFeed()
  feed.fail(new Error('gone'))
  await settle()
  expect(tabs.map(({ replica }) => replica.status.state)).toEqual(['offline', 'offline', 'offline'])
  await origin.clock.pass(500)
  expect(tabs.map(({ replica }) => replica.status.lagMs)).toEqual([500, 500, 500])
  await origin.clock.pass(2_000)
  await origin.wire.openFeed()
  expect(tabs.map(({ replica }) => replica.status.state)).toEqual(['live', 'live', 'live'])
  expect(origin.wire.feeds.waiting).toBe(0)
})

test('[X57] a sign-in that is wanted is wanted of all; after it in one of them all go on', async () => {
  const origin = new Origin()
  const tabs = [await origin.open(), await origin.open()]
  const feed = await origin.wire.openFeed()
  feed.fail(refusal('SIGN_IN_NEEDED', 401))
  await settle()
  expect(tabs.map(({ replica }) => replica.status.state)).toEqual(['refused', 'refused'])
  tabs[1]?.replica.retry()
  await origin.wire.openFeed()
  expect(tabs.map(({ replica }) => replica.status.state)).toEqual(['live', 'live'])
})

test('[X57] [C1] a call in a tab that does not lead resolves when its commit has come from the one that does', async () => {
  const origin = new Origin()
  await origin.open()
  const feed = await origin.wire.openFeed()
  const { replica } = await origin.open()
  const call = replica.call('rename', { to: 'six' })
  ;(await origin.wire.calls.next()).answer({ value: 6, cursor: cursor(6) })
  expect(await outcomeByNow(call)).toBe('pending')
  feed.send(commitEvent(6, [setTitle('six')]))
  expect(await call.then((value) => [value, replica.title.get()])).toEqual([6, 'six'])
})

test('[X57] [X10] where streams do not come through, one poll waits for all tabs', async () => {
  const origin = new Origin()
  const tabs = [await origin.poll()]
  const asked = await origin.wire.polls.next()
  tabs.push(await origin.poll())
  expect(tabs.map((tab) => shown(tab))).toEqual(tabs.map(() => ['live', 'long-poll', 5, 'title 5']))
  expect(origin.wire.polls.waiting).toBe(0)
  asked.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
  const level = await origin.wire.polls.next()
  expect(level.subject).toEqual({ after: cursor(5), waitMs: 0 })
  level.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
  await settle()
  expect(tabs.map((tab) => shown(tab))).toEqual(tabs.map(() => ['live', 'long-poll', 6, 'six']))
  expect(origin.wire.polls.waiting).toBe(1)
})

test('where locks are not to be had, each tab is for itself', async () => {
  const { wire, clock } = new Origin()
  const refused = { request: () => Promise.reject(new DOMException('not here', 'SecurityError')) }
  const openChannel = new SimulatedTabs({ later: queueMicrotask }).open().openChannel
  const feed = new SharedFeed({ name: 'sample', clock, random: () => 0.5, wire: wire.ask, locks: refused, openChannel })
  const controller = new AbortController()
  const options = { signal: controller.signal, onActivity: () => undefined, onLine: () => undefined }
  const asked = feed.share(wire.ask)(`feed?after=${cursor(5)}`, options)
  expect((await wire.openFeed()).after).toBe(cursor(5))
  controller.abort(new Error('over'))
  await expect(asked).rejects.toThrow('over')
})
