import { describe, expect, test } from 'vitest'
import { begin, live, type Scene } from '../../../test/support/replica-scene.ts'
import {
  Channel,
  commitEvent,
  cursor,
  pollLine,
  putHost,
  refusal,
  setTitle,
  settle,
  snapshotText,
} from '../../../test/support/scripted-wire.ts'
import type { ReplicaPlan } from '../create-replica.ts'
import type { ReplicaStatus } from './status.ts'

describe('hydrating', () => {
  test('[H1] a half snapshot is never visible, and one that ends before its end is none', async () => {
    const { replica, wire, clock } = begin()
    const text = snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } })
    const asked = await wire.snapshots.next()
    const channel = new Channel<string>(asked.options.signal)
    asked.answer(channel)
    channel.send(text.slice(0, -5))
    await settle()
    expect(replica.status.state).toBe('hydrating')
    expect(replica.title.get()).toBeUndefined()
    channel.end()
    await settle()
    expect(replica.title.get()).toBeUndefined()
    expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'ANSWER_INVALID' } })

    await clock.pass(1000)
    await wire.serveSnapshot(text)
    expect(replica.title.get()).toBe('five')
    await replica.ready
  })

  test('[X28] what is committed while the snapshot travels comes after it: none lost, none twice, in order', async () => {
    const { replica, wire } = begin()
    const seen: (number | undefined)[] = []
    replica.subscribe((commit) => seen.push(commit?.revision))
    await wire.serveSnapshot(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
    const feed = await wire.openFeed()
    expect(feed.after).toBe(cursor(5))
    feed.send(commitEvent(5, [setTitle('five')]), commitEvent(6, [setTitle('six')]), commitEvent(7, [setTitle('seven')]))
    feed.send(commitEvent(6, [setTitle('six')]), commitEvent(8, [putHost('b', 'up')]))
    await settle()
    expect(seen).toEqual([undefined, 6, 7, 8])
    expect(replica.title.get()).toBe('seven')
  })

  test('[H5] a line that does not parse is left out and reported', async () => {
    const { replica, wire, errors } = begin()
    const text = snapshotText({
      revision: 5,
      items: {
        lines: [
          [1, 's', 1, 1000, 'one'],
          [2, 's', 2, 2000, 'two'],
        ],
      },
    })
    await wire.serveSnapshot(text.replace('"one"', '"one'))
    expect(replica.lines.read().map(({ value }) => value)).toEqual(['two'])
    expect(errors).toMatchObject([{ code: 'VALUE_INVALID', details: { kind: 'lines' } }])
  })

  test('[H3] only the chosen kinds are asked for, and reading another one says so', async () => {
    const { replica, wire } = begin({ kinds: { title: true, lines: { last: 2 }, hosts: false } })
    const asked = await wire.snapshots.next()
    expect(asked.subject.kinds).toEqual(['title', 'lines'])
    expect(() => replica.hosts.get('a')).toThrow(
      expect.objectContaining({ code: 'KIND_UNKNOWN', details: { kind: 'hosts', declared: ['title', 'lines'] } }),
    )
  })
})

describe('following', () => {
  test('[P2] a commit is applied whole before anybody is told', async () => {
    const { replica, feed } = await live()
    const seen: unknown[] = []
    const look = (): void => void seen.push([replica.title.get(), replica.hosts.size, replica.status.revision])
    replica.title.subscribe(look)
    replica.hosts.subscribe(look)
    replica.subscribe(look)
    feed.send(commitEvent(9, [putHost('b', 'up'), setTitle('nine'), putHost('c', 'up')]))
    await settle()
    expect(seen).toEqual([
      ['nine', 3, 9],
      ['nine', 3, 9],
      ['nine', 3, 9],
    ])
  })

  test('a kind is told of its own commits only, and a bookmark tells nobody', async () => {
    const { replica, feed } = await live()
    const told: string[] = []
    replica.title.subscribe((commit) => told.push(`title ${commit?.revision}`))
    replica.hosts.subscribe((commit) => told.push(`hosts ${commit?.revision}`))
    feed.send(commitEvent(6, [putHost('b', 'up')]), { event: 'bookmark', id: cursor(9), data: '9000' }, commitEvent(10, [setTitle('x')]))
    await settle()
    expect(told).toEqual(['hosts 6', 'title 10'])
    expect(replica.status).toMatchObject({ revision: 10, cursor: cursor(10) })
  })

  test('[F8] a connection that was lost is resumed from the last commit applied, at once when it had lasted', async () => {
    const { replica, wire, clock, feed, states } = await live()
    feed.send(commitEvent(6, [setTitle('six')]))
    await clock.pass(6000)
    feed.end()
    const again = await wire.openFeed()
    expect(again.after).toBe(cursor(6))
    expect(states).toEqual(['connecting', 'hydrating', 'live', 'resuming', 'live'])
    expect(wire.snapshots.waiting).toBe(0)
    expect(replica.title.get()).toBe('six')
  })

  test('waits grow from 1 s to 30 s and are cut short by retry() and by the network coming back', async () => {
    const { replica, wire, clock, feed, goOnline } = await live({ transport: 'sse' })
    feed.fail(new Error('gone'))
    await settle()
    expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'UNREACHABLE' } })
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const [until = 0] = clock.waitsUntil
      waits.push(until - clock.elapsed())
      await clock.pass(until - clock.elapsed())
      ;(await wire.feeds.next()).refuse(new TypeError('fetch failed'))
      await settle()
    }
    expect(waits).toEqual([1000, 1500, 2500, 4500, 8500, 15_500, 15_500, 15_500])
    goOnline()
    ;(await wire.feeds.next()).refuse(new TypeError('fetch failed'))
    await settle()
    replica.retry()
    await wire.openFeed()
    expect(replica.status).toMatchObject({ state: 'live', error: undefined, lagMs: 0 })
  })

  test('a server that says when to come again is left alone until then', async () => {
    const { replica, wire, clock } = begin()
    const busy = Object.assign(refusal('TOO_MANY_STREAMS', 503), { retryAfterMs: 7000 })
    ;(await wire.snapshots.next()).refuse(busy)
    await settle()
    await clock.pass(6999)
    expect(wire.snapshots.waiting).toBe(0)
    expect(replica.status).toMatchObject({ state: 'offline', lagMs: 6999 })
    await clock.pass(1)
    expect(wire.snapshots.waiting).toBe(1)
  })

  test('what is silent for 2.5 heartbeats is given up and resumed; heartbeats keep it', async () => {
    const { wire, clock, feed, replica } = await live()
    for (let beat = 0; beat < 4; beat += 1) {
      await clock.pass(15_000)
      feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
      await settle()
    }
    expect(replica.status.state).toBe('live')
    await clock.pass(37_499)
    expect(replica.status.state).toBe('live')
    await clock.pass(1)
    await settle()
    expect((await wire.openFeed()).after).toBe(cursor(5))
  })

  test('a commit that cannot be read is not asked for again: a snapshot takes its place', async () => {
    const { replica, wire, clock, feed } = await live()
    feed.send({ id: cursor(6), data: '{' })
    await settle()
    expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'ANSWER_INVALID' }, revision: 5 })
    await clock.pass(1000)
    await wire.serveSnapshot(snapshotText({ revision: 6 }))
    expect(replica.status.revision).toBe(6)
  })

  test('an end with a reason is the error of the status', async () => {
    const { replica, feed } = await live()
    feed.send({ event: 'end', data: JSON.stringify({ code: 'STORE_CLOSED', message: 'closed', details: {} }) })
    await settle()
    expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'STORE_CLOSED' } })
  })
})

describe('resets', () => {
  const diverged = JSON.stringify({ code: 'CURSOR_DIVERGED', message: 'another history', details: { revision: 5, reason: 'epoch' } })

  test('[F4] a reset of the stream swaps everything at once, and tells once', async () => {
    const { replica, wire, feed, states } = await live()
    const told: unknown[] = []
    replica.subscribe((commit) => told.push(commit))
    replica.title.subscribe((commit) => told.push(commit))
    const text = snapshotText({ revision: 3, epoch: 'epoch-bb', items: { title: [['', 3, 3000, 'three']] } })
    feed.send({ event: 'reset', data: diverged }, { event: 'snapshot', data: text.split('\n')[0] ?? '' })
    await settle()
    expect(replica.status).toMatchObject({ state: 'resuming', error: { code: 'CURSOR_DIVERGED' }, revision: 5 })
    expect([replica.title.get(), replica.hosts.size]).toEqual(['five', 1])
    await wire.serveSnapshot(text)
    expect([replica.title.get(), replica.hosts.size]).toEqual(['three', 0])
    expect(told).toEqual([undefined, undefined])
    const next = await wire.openFeed()
    expect(next.after).toBe(cursor(3, 'epoch-bb'))
    expect(states.slice(-2)).toEqual(['resuming', 'live'])
    next.send(commitEvent(4, [setTitle('four')], 'epoch-bb'))
    await settle()
    expect(replica.title.get()).toBe('four')
  })

  test('[H1] a connection lost in the middle of a reset leaves what was there', async () => {
    const { replica, feed, wire, clock } = await live()
    feed.send({ event: 'reset', data: diverged })
    const asked = await wire.snapshots.next()
    const channel = new Channel<string>(asked.options.signal)
    asked.answer(channel)
    channel.send(snapshotText({ revision: 3, epoch: 'epoch-bb' }).slice(0, -5))
    await settle()
    channel.fail(new Error('gone'))
    await settle()
    expect([replica.title.get(), replica.status.state]).toEqual(['five', 'offline'])
    await clock.pass(1500)
    await wire.serveSnapshot(snapshotText({ revision: 3, epoch: 'epoch-bb', items: { title: [['', 3, 3000, 'three']] } }))
    expect(replica.title.get()).toBe('three')
  })

  test.each(['CURSOR_EXPIRED', 'CURSOR_IN_FUTURE', 'CURSOR_DIVERGED', 'CURSOR_INVALID'])(
    '[F4] a poll that answers %s leads to a new snapshot',
    async (code) => {
      const { replica, wire, states } = begin({ transport: 'long-poll' })
      await wire.serveSnapshot(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
      ;(await wire.polls.next()).answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
      ;(await wire.polls.next()).refuse(refusal(code, 410))
      await settle()
      expect(replica.status.state).toBe('resuming')
      expect(replica.title.get()).toBe('six')
      await wire.serveSnapshot(snapshotText({ revision: 2, epoch: 'epoch-bb', items: { title: [['', 2, 2000, 'two']] } }))
      expect(replica.title.get()).toBe('two')
      expect((await wire.polls.next()).subject.after).toBe(cursor(2, 'epoch-bb'))
      expect(states).toEqual(['connecting', 'hydrating', 'live', 'resuming'])
    },
  )

  test('[F4] a server that resets over and over is asked less and less often', async () => {
    const { wire, clock } = begin({ transport: 'long-poll' })
    for (let round = 0; round < 4; round += 1) {
      await wire.serveSnapshot(snapshotText({ revision: 5 }))
      ;(await wire.polls.next()).refuse(refusal('CURSOR_EXPIRED', 410))
      await settle()
      const waitMs = [0, 1500, 2500, 4500][round] as number
      expect(wire.snapshots.waiting).toBe(waitMs === 0 ? 1 : 0)
      await clock.pass(waitMs)
      expect(wire.snapshots.waiting).toBe(1)
    }
  })

  test('[F5] commits of another history reset it, whatever their number', async () => {
    const { replica, feed, wire } = await live()
    feed.send(commitEvent(6, [setTitle('foreign')], 'epoch-bb'))
    await settle()
    expect(replica.title.get()).toBe('five')
    await wire.serveSnapshot(snapshotText({ revision: 6, epoch: 'epoch-bb', items: { title: [['', 6, 6000, 'foreign']] } }))
    expect(replica.title.get()).toBe('foreign')
  })

  test('[R2] a reset within one history keeps the objects of records that have not changed', async () => {
    const { replica, wire, feed } = await live()
    const before = replica.hosts.get('a')
    const entry = replica.hosts.entry('a')
    const item = ['a', 4, 4000, { address: 'a', status: 'up' }]
    const text = snapshotText({
      revision: 8,
      items: { title: [['', 8, 8000, 'eight']], hosts: [item, ['b', 8, 8000, { address: 'b', status: 'up' }]] },
    })
    feed.send({ event: 'reset', data: diverged })
    await wire.serveSnapshot(text)
    expect(replica.hosts.size).toBe(2)
    expect(replica.hosts.get('a')).toBe(before)
    expect(replica.hosts.entry('a')).toBe(entry)
  })
})

describe('refusals', () => {
  test('[H4] a page built for another state version is outdated, for good', async () => {
    const { replica, wire, clock } = begin({ state: { name: 'sample', version: 1 } })
    const asked = await wire.snapshots.next()
    expect(asked.subject.state).toBe('sample@1')
    asked.refuse(refusal('STATE_VERSION_MISMATCH', 409))
    await expect(replica.ready).rejects.toMatchObject({ code: 'STATE_VERSION_MISMATCH' })
    expect(replica.status.state).toBe('outdated')
    await clock.pass(120_000)
    expect(wire.snapshots.waiting).toBe(0)
  })

  test('[H4] also when only the snapshot says so', async () => {
    const { replica, wire } = begin({ state: { name: 'sample', version: 1 } })
    await wire.serveSnapshot(snapshotText({ revision: 5, state: { name: 'sample', version: 2 } }))
    expect(replica.status).toMatchObject({ state: 'outdated', error: { details: { asked: 'sample@1', served: 'sample@2' } } })
  })

  test('[H4] and while it is live, with what it holds still readable', async () => {
    const { replica, wire, clock, feed } = await live()
    await clock.pass(6000)
    feed.end()
    ;(await wire.feeds.next()).refuse(refusal('STATE_VERSION_MISMATCH', 409))
    await settle()
    expect(replica.status.state).toBe('outdated')
    expect(replica.title.get()).toBe('five')
  })

  test('[P8] who is not signed in is refused until retry()', async () => {
    const { replica, wire, clock } = begin()
    ;(await wire.snapshots.next()).refuse(refusal('SIGN_IN_NEEDED', 401))
    await expect(replica.ready).rejects.toMatchObject({ code: 'SIGN_IN_NEEDED' })
    expect(replica.status.state).toBe('refused')
    await clock.pass(120_000)
    expect(wire.snapshots.waiting).toBe(0)
    replica.retry()
    expect(replica.status.state).toBe('connecting')
    const { ready } = replica
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    await ready
  })

  test('[P8] a listener of the status may retry from within', async () => {
    const { replica, wire } = begin()
    replica.onStatus(({ state }) => {
      if (state === 'refused') replica.retry()
    })
    ;(await wire.snapshots.next()).refuse(refusal('SIGN_IN_NEEDED', 401))
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    expect(replica.status.revision).toBe(5)
  })
})

describe('transports', () => {
  const failed = new TypeError('fetch failed')

  async function hydrated(plan: ReplicaPlan = {}): Promise<Scene> {
    const scene = begin(plan)
    await scene.wire.serveSnapshot(snapshotText({ revision: 5 }))
    return scene
  }

  async function refuseFeeds({ wire, clock }: Scene, times: number): Promise<void> {
    for (let attempt = 0; attempt < times; attempt += 1) {
      ;(await wire.feeds.next()).refuse(failed)
      await settle()
      await clock.pass(3000)
    }
  }

  test('[X10] falls back from streams to waiting polls to plain polls, and everything still arrives', async () => {
    const scene = await hydrated()
    const { replica, wire, clock } = scene
    await refuseFeeds(scene, 2)
    const first = await wire.polls.next()
    expect(first.subject).toMatchObject({ after: cursor(5), waitMs: 25_000 })
    first.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(7) })
    await settle()
    expect(replica.status).toMatchObject({ state: 'live', transport: 'long-poll', revision: 7, cursor: cursor(7) })
    expect(replica.title.get()).toBe('six')
    // The first of these ended polls that had delivered.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      ;(await wire.polls.next()).refuse(refusal('UNREACHABLE', 504))
      await settle()
      await clock.pass(15_000)
    }
    const plain = await wire.polls.next()
    expect(plain.subject).toMatchObject({ after: cursor(7), waitMs: 0 })
    plain.answer({ text: '', cursor: undefined })
    await settle()
    expect(replica.status).toMatchObject({ state: 'live', transport: 'poll' })
    await clock.pass(1999)
    expect(wire.polls.waiting).toBe(0)
    await clock.pass(1)
    expect(wire.polls.waiting).toBe(1)
  })

  test('[X10] tries better transports again: after 5 s, then every 60 s, and comes back in between', async () => {
    const scene = await hydrated()
    const { replica, wire, clock } = scene
    await refuseFeeds(scene, 2)
    const poll = async (): Promise<void> => {
      const asked = await wire.polls.next()
      await clock.pass(25_000)
      asked.answer({ text: '', cursor: cursor(5) })
      await settle()
    }
    await poll()
    await poll()
    // The second answer came 25 s after the first: time to try the stream.
    ;(await wire.feeds.next()).refuse(failed)
    await settle()
    expect(replica.status).toMatchObject({ state: 'live', transport: 'long-poll' })
    await poll()
    await poll()
    expect(wire.feeds.waiting).toBe(0)
    await poll()
    const feed = await wire.openFeed()
    feed.send(commitEvent(6, [setTitle('six')]))
    await settle()
    expect(replica.status).toMatchObject({ state: 'live', transport: 'sse', revision: 6 })
  })

  test('[X10] a stream that opens and stays silent is a failure; one that delivered is not', async () => {
    const scene = await hydrated()
    const { wire, clock } = scene
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const feed = await wire.openFeed()
      feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
      await settle()
      feed.end()
      await clock.pass(10_000)
    }
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await wire.openFeed()
      await clock.pass(37_500)
      await clock.pass(5000)
    }
    expect((await wire.polls.next()).subject.waitMs).toBe(25_000)
  })

  test('a poll that should wait and does not is not repeated at once', async () => {
    const { wire, clock } = await hydrated({ transport: 'long-poll' })
    ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
    await settle()
    expect(wire.polls.waiting).toBe(0)
    await clock.pass(2000)
    expect(wire.polls.waiting).toBe(1)
  })
})

test('[R2] the status is frozen and the same object while nothing changes', async () => {
  const { replica, feed } = await live()
  const { status } = replica
  expect(replica.status).toBe(status)
  expect(Object.isFrozen(status)).toBe(true)
  feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
  await settle()
  expect(replica.status).toBe(status)
  feed.send({ event: 'bookmark', id: cursor(6), data: '0' })
  await settle()
  expect(replica.status).not.toBe(status)
})

test('closing ends everything and leaves what is held readable', async () => {
  const { replica, wire, clock, feed, states } = await live()
  const told: unknown[] = []
  replica.subscribe((commit) => told.push(commit))
  replica.close()
  replica.close()
  feed.send(commitEvent(6, [setTitle('six')]))
  await clock.pass(120_000)
  expect(replica.title.get()).toBe('five')
  expect(told).toEqual([])
  expect(states.at(-1)).toBe('closed')
  expect(wire.feeds.waiting).toBe(0)
  expect(clock.waitsUntil).toEqual([])
  replica.retry()
  expect(replica.status.state).toBe('closed')
  expect(replica.subscribe(() => undefined)()).toBeUndefined()
})

test('closing before the first snapshot rejects ready', async () => {
  const { replica } = begin()
  const { ready } = replica
  replica.close()
  await expect(ready).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
})

test('a subscriber that closes the replica is the last to be told', async () => {
  const { replica, feed } = await live()
  const told: string[] = []
  replica.title.subscribe(() => {
    told.push('title')
    replica.close()
  })
  replica.subscribe((commit: { readonly revision: number } | undefined) => told.push(`all ${commit?.revision}`))
  feed.send(commitEvent(6, [setTitle('six')]), commitEvent(7, [setTitle('seven')]))
  await settle()
  expect(told).toEqual(['title'])
  expect(replica.status satisfies ReplicaStatus).toMatchObject({ state: 'closed' })
})
