import { describe, expect, test } from 'vitest'
import { begin, live } from '../../test/support/replica-scene.ts'
import { commitEvent, cursor, pollLine, putHost, refusal, setTitle, settle, snapshotText } from '../../test/support/scripted-wire.ts'
import { isHoldfastError } from '../base/error.ts'
import { ReplicaError } from './replica-error.ts'

/** What became of a promise, once everything that can happen has. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending'
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  await settle()
  return outcome
}

describe('subscribers', () => {
  test('[X36] one that throws is reported, and changes nothing for the others', async () => {
    const { replica, feed, errors } = await live()
    const told: string[] = []
    const fault = new Error('mine')
    replica.title.subscribe(() => {
      throw fault
    })
    replica.title.subscribe(() => told.push('title'))
    replica.subscribe(() => {
      throw fault
    })
    replica.subscribe(() => told.push('all'))
    replica.onStatus(() => {
      throw fault
    })
    feed.send(commitEvent(6, [setTitle('six')]))
    await settle()
    expect(told).toEqual(['title', 'all'])
    expect(errors).toEqual([fault, fault, fault])
    expect(replica.status).toMatchObject({ state: 'live', revision: 6 })
  })

  test('one that is removed by another is not called any more, one that is added is called from the next commit on', async () => {
    const { replica, feed } = await live()
    const told: string[] = []
    let stop = (): void => undefined
    replica.subscribe(() => {
      told.push('first')
      stop()
      if (told.length === 1) replica.subscribe(() => told.push('late'))
    })
    stop = replica.subscribe(() => told.push('removed'))
    feed.send(commitEvent(6, [setTitle('six')]))
    await settle()
    feed.send(commitEvent(7, [setTitle('seven')]))
    await settle()
    expect(told).toEqual(['first', 'first', 'late'])
  })

  test('the same function twice is two subscribers', async () => {
    const { replica, feed } = await live()
    let calls = 0
    const count = (): void => void (calls += 1)
    const { subscribe } = replica.title
    const stop = subscribe(count)
    subscribe(count)
    stop()
    stop()
    feed.send(commitEvent(6, [setTitle('six')]))
    await settle()
    expect(calls).toBe(1)
  })

  test('they are told once of the first snapshot', async () => {
    const { replica, wire } = begin()
    const told: unknown[] = []
    replica.title.subscribe((commit) => told.push(['title', commit, replica.title.get()]))
    replica.subscribe((commit) => told.push(['all', commit]))
    await wire.serveSnapshot(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
    expect(told).toEqual([
      ['title', undefined, 'five'],
      ['all', undefined],
    ])
  })
})

describe('kinds', () => {
  test('before the first snapshot there is nothing, and no error', () => {
    const { replica } = begin()
    expect([replica.title.get(), replica.hosts.get('a'), replica.hosts.entry('a'), replica.hosts.size, replica.hosts.count()]).toEqual([
      undefined,
      undefined,
      undefined,
      0,
      0,
    ])
    expect(replica.hosts.find({ index: 'byStatus' })).toEqual({ items: [], next: undefined })
    expect(replica.lines.read()).toEqual([])
    expect(replica.status).toMatchObject({ revision: undefined, cursor: undefined, transport: undefined })
  })

  test('[R2] each is the same object, and a replica is no promise', async () => {
    const { replica } = await live()
    expect(replica.hosts).toBe(replica.hosts)
    expect((replica as { then?: unknown }).then).toBeUndefined()
    expect(JSON.stringify(replica)).toBe('{"ready":{},"status":' + JSON.stringify(replica.status) + '}')
    expect((replica as never)['$$typeof']).toBeUndefined()
    expect(Object.isFrozen(replica.hosts)).toBe(true)
  })

  test('records, entries and logs follow the commits', async () => {
    const { replica, feed } = await live()
    feed.send(
      commitEvent(6, [putHost('b', 'down'), { kind: 'lines', op: 'append', seq: 1, stream: 's', value: 'one' }]),
      commitEvent(7, [
        { kind: 'hosts', op: 'delete', key: 'a' },
        { kind: 'title', op: 'delete', key: '' },
      ]),
      commitEvent(8, [
        { kind: 'lines', op: 'append', seq: 2, stream: 's', value: 'two' },
        { kind: 'lines', op: 'trim', stream: 's', through: 1 },
      ]),
    )
    await settle()
    expect(replica.hosts.entry('b')).toEqual({ value: { address: 'b', status: 'down' }, revision: 6, at: 6000 })
    expect(replica.hosts.find({ index: 'byStatus', equals: ['down'] }).items).toEqual([{ address: 'b', status: 'down' }])
    expect([replica.hosts.size, replica.title.get()]).toEqual([1, undefined])
    expect(replica.lines.read()).toEqual([{ seq: 2, stream: 's', value: 'two', revision: 8, at: 8000 }])
    expect([replica.lines.size, replica.lines.count({ stream: 's' }), replica.lines.count({ stream: 't' })]).toEqual([1, 1, 0])
  })

  test('[H3] a log holds so many of the newest entries of each stream as was asked for', async () => {
    const { replica, wire } = begin({ kinds: { lines: { last: 2 } } })
    const items = [1, 3, 5, 2, 4].map((seq) => [seq, seq % 2 === 1 ? 'odd' : 'even', seq, 1000, seq])
    await wire.serveSnapshot(snapshotText({ revision: 5, items: { lines: items } }))
    expect(replica.lines.read().map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
    const feed = await wire.openFeed()
    feed.send(commitEvent(6, [{ kind: 'lines', op: 'append', seq: 6, stream: 'even', value: '6' }]))
    await settle()
    expect(replica.lines.read().map(({ seq }) => seq)).toEqual([3, 4, 5, 6])
  })
})

describe('settled', () => {
  test('[F5] resolves once the cursor is reached, by a commit, a bookmark or a snapshot', async () => {
    const { replica, wire } = begin()
    const first = replica.settled(cursor(5))
    expect(await outcomeOf(first)).toBe('pending')
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    expect(await outcomeOf(first)).toEqual({ value: undefined })
    await replica.settled(cursor(4))
    const [next, later] = [replica.settled(cursor(6)), replica.settled(cursor(9))]
    const feed = await wire.openFeed()
    feed.send(commitEvent(6, [setTitle('six')]))
    expect(await outcomeOf(next)).toEqual({ value: undefined })
    expect(await outcomeOf(later)).toBe('pending')
    feed.send({ event: 'bookmark', id: cursor(9), data: '0' })
    expect(await outcomeOf(later)).toEqual({ value: undefined })
  })

  test('rejects at its deadline, by its signal, at the end of the history and of the replica', async () => {
    const { replica, feed, clock, wire } = await live()
    const late = outcomeOf(replica.settled(cursor(9), { timeoutMs: 100 }))
    await settle()
    await clock.pass(100)
    await late
    await expect(replica.settled(cursor(9), { signal: AbortSignal.abort(new Error('no more')) })).rejects.toThrow('no more')
    const aborting = new AbortController()
    const aborted = replica.settled(cursor(9), { signal: aborting.signal, timeoutMs: 1000 })
    aborting.abort(new Error('mine'))
    await expect(aborted).rejects.toThrow('mine')
    expect(clock.waitsUntil).toHaveLength(1)

    const timedOut = replica.settled(cursor(9), { timeoutMs: 50 })
    timedOut.catch(() => undefined)
    await clock.pass(50)
    await expect(timedOut).rejects.toMatchObject({ code: 'NOT_SETTLED', details: { cursor: cursor(9), timeoutMs: 50 } })

    const old = replica.settled(cursor(9))
    old.catch(() => undefined)
    feed.send(commitEvent(6, [], 'epoch-bb'))
    await settle()
    await wire.serveSnapshot(snapshotText({ revision: 20, epoch: 'epoch-bb' }))
    await expect(old).rejects.toMatchObject({ code: 'CURSOR_DIVERGED' })
    const last = replica.settled(cursor(30, 'epoch-bb'))
    last.catch(() => undefined)
    replica.close()
    await expect(last).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
  })

  test('a cursor that is waited for is polled for at once', async () => {
    const { replica, wire } = begin({ transport: 'long-poll' })
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    const waiting = await wire.polls.next()
    const settled = replica.settled(cursor(6))
    const now = await wire.polls.next()
    expect(waiting.options.signal.aborted).toBe(true)
    expect(now.subject).toMatchObject({ after: cursor(5), waitMs: 0 })
    now.answer({ text: '', cursor: cursor(6) })
    await settled
    expect(replica.status.state).toBe('live')
  })

  test('and by a replica that polls every 2 s, without waiting for the next time', async () => {
    const { replica, wire } = begin({ transport: 'poll' })
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
    await settle()
    const settled = replica.settled(cursor(6))
    ;(await wire.polls.next()).answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
    await settled
    expect(replica.title.get()).toBe('six')
  })
})

describe('calls', () => {
  test('[C7] the same request is made again, with the same id, until there is an answer', async () => {
    const { replica, wire, clock } = await live()
    const answer = outcomeOf(replica.call('rename', { to: 'six' }))
    const refusals = [
      new TypeError('fetch failed'),
      refusal('UNREACHABLE', 502),
      refusal('UNREACHABLE', 503),
      refusal('UNREACHABLE', 504),
      refusal('COMMIT_UNKNOWN', 503),
    ]
    const bodies: unknown[] = []
    for (const refused of refusals) {
      const asked = await wire.calls.next()
      bodies.push(asked.subject.body)
      asked.refuse(refused)
      await settle()
      await clock.pass(10_000)
    }
    await answer
    const asked = await wire.calls.next()
    bodies.push(asked.subject.body)
    expect(new Set(bodies.map((body) => JSON.stringify(body)))).toEqual(new Set(['{"id":"id-1","input":{"to":"six"}}']))
    expect(asked.subject.name).toBe('rename')
    asked.answer({ value: 6, cursor: cursor(5) })
  })

  test('[C7] each call has an id of its own, unless it is given', async () => {
    const { replica, wire } = await live()
    const calls = [
      replica.call('rename', { to: 'a' }),
      replica.call('rename', { to: 'b' }),
      replica.call('rename', { to: 'c' }, { id: 'mine' }),
    ]
    const ids: string[] = []
    for (const _ of calls) {
      const asked = await wire.calls.next()
      ids.push(asked.subject.body.id)
      asked.answer({ value: 1, cursor: cursor(5) })
    }
    expect(ids).toEqual(['id-1', 'id-2', 'mine'])
    expect(await Promise.all(calls)).toEqual([1, 1, 1])
  })

  test("an error of the server's rejects with its code and details, at once", async () => {
    const { replica, wire } = await live()
    const call = replica.call('rename', { to: '' })
    const refused = new ReplicaError('SCHEMA_REJECTED', 'no', { kind: 'rename', issues: [] }, { status: 422 })
    ;(await wire.calls.next()).refuse(refused)
    await expect(call).rejects.toBe(refused)
    expect(isHoldfastError(refused, 'SCHEMA_REJECTED')).toBe(true)
    expect(wire.calls.waiting).toBe(0)
  })

  test('one that says when to come again is obeyed', async () => {
    const { replica, wire, clock } = await live()
    const call = replica.call('rename', { to: 'x' })
    ;(await wire.calls.next()).refuse(new ReplicaError('QUEUE_FULL', 'full', {}, { status: 503, retryAfterMs: 3000 }))
    await settle()
    await clock.pass(2999)
    expect(wire.calls.waiting).toBe(0)
    await clock.pass(1)
    ;(await wire.calls.next()).answer({ value: 1, cursor: cursor(5) })
    expect(await call).toBe(1)
  })

  test('[C1] it resolves when the replica shows what it did', async () => {
    const { replica, wire, feed } = await live()
    const call = replica.call('rename', { to: 'six' })
    ;(await wire.calls.next()).answer({ value: 6, cursor: cursor(6) })
    expect(await outcomeOf(call)).toBe('pending')
    feed.send(commitEvent(6, [setTitle('six')]))
    expect(await call.then((value) => [value, replica.title.get()])).toEqual([6, 'six'])
  })

  test('it has its answer all the same when the replica cannot follow', async () => {
    const { replica, wire, feed } = await live()
    const call = replica.call('rename', { to: 'six' })
    ;(await wire.calls.next()).answer({ value: 6, cursor: cursor(6) })
    await settle()
    feed.fail(new Error('gone'))
    expect(await outcomeOf(call)).toEqual({ value: 6 })
    const offline = replica.call('rename', { to: 'seven' })
    ;(await wire.calls.next()).answer({ value: 7, cursor: cursor(7) })
    // Whoever answers a call may be followed again.
    ;(await wire.feeds.next()).refuse(new TypeError('fetch failed'))
    expect(await outcomeOf(offline)).toEqual({ value: 7 })
    const back = replica.call('rename', { to: 'eight' })
    ;(await wire.calls.next()).answer({ value: 8, cursor: cursor(8) })
    const asked = await wire.polls.next()
    asked.answer({ text: pollLine(8, [setTitle('eight')]), cursor: cursor(8) })
    expect(await back.then((value) => [value, replica.title.get()])).toEqual([8, 'eight'])
  })

  test('it is repeated as soon as the server is heard again', async () => {
    const { replica, wire, clock, feed } = await live({ transport: 'sse' })
    feed.fail(new Error('gone'))
    const call = replica.call('rename', { to: 'x' })
    for (let attempt = 0; attempt < 4; attempt += 1) {
      ;(await wire.calls.next()).refuse(new TypeError('fetch failed'))
      await settle()
      if (attempt < 3) await clock.pass(5000)
    }
    expect(wire.calls.waiting).toBe(0)
    await wire.openFeed()
    ;(await wire.calls.next()).answer({ value: 1, cursor: cursor(5) })
    expect(await call).toBe(1)
  })

  test('one that is heard nothing of is asked again', async () => {
    const { replica, wire, clock, feed } = await live()
    const call = replica.call('rename', { to: 'x' })
    await wire.calls.next()
    await clock.pass(20_000)
    feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
    await clock.pass(20_000)
    ;(await wire.calls.next()).answer({ value: 1, cursor: cursor(5) })
    expect(await call).toBe(1)
  })

  test('its signal and the end of the replica end it, also between two attempts', async () => {
    const { replica, wire, clock } = await live()
    const aborting = new AbortController()
    const aborted = replica.call('rename', { to: 'x' }, { signal: aborting.signal })
    aborted.catch(() => undefined)
    ;(await wire.calls.next()).refuse(new TypeError('fetch failed'))
    await settle()
    aborting.abort(new Error('mine'))
    await expect(aborted).rejects.toThrow('mine')
    const closed = replica.call('rename', { to: 'x' })
    closed.catch(() => undefined)
    await wire.calls.next()
    replica.close()
    await expect(closed).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
    await expect(replica.call('rename', { to: 'x' })).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
    expect(clock.waitsUntil).toEqual([])
  })
})

describe('reads of the server', () => {
  const host = ['b', 3, 3000, { address: 'b', status: 'up' }]

  test('[H3] a page is kept until a commit changes its kind', async () => {
    const { replica, wire, feed } = await live()
    const first = replica.hosts.page({ limit: 1 })
    const again = replica.hosts.page({ limit: 1 })
    const asked = await wire.pages.next()
    expect(asked.subject).toEqual({ kind: 'hosts', query: { limit: 1 } })
    asked.answer({ cursor: cursor(5), items: [host], next: 'more' })
    const page = await first
    expect(page).toEqual({ items: [host[3]], next: 'more', cursor: cursor(5) })
    expect(Object.isFrozen(page) && Object.isFrozen(page.items)).toBe(true)
    expect(await again).toBe(page)
    feed.send(commitEvent(6, [setTitle('six')]))
    await settle()
    expect(await replica.hosts.page({ limit: 1 })).toBe(page)
    feed.send(commitEvent(7, [putHost('c', 'up')]))
    await settle()
    const newer = replica.hosts.page({ limit: 1 })
    ;(await wire.pages.next()).answer({ cursor: cursor(9), items: [], next: null })
    expect(await newer).toEqual({ items: [], next: undefined, cursor: cursor(9) })
    // It was read after this commit.
    feed.send(commitEvent(8, [putHost('d', 'up')]))
    await settle()
    expect(await replica.hosts.page({ limit: 1 })).toBe(await newer)
  })

  test('[H3] a page of a kind that is not followed is kept until anything is heard', async () => {
    const { replica, wire } = begin({ kinds: { title: true } })
    await wire.serveSnapshot(snapshotText({ revision: 5 }))
    const feed = await wire.openFeed()
    const page = replica.lines.page({ stream: 's' })
    ;(await wire.pages.next()).answer({ cursor: cursor(5), items: [[4, 's', 3, 3000, 'four']], next: null })
    expect((await page).items).toEqual([{ seq: 4, stream: 's', value: 'four', revision: 3, at: 3000 }])
    expect(replica.lines.page({ stream: 's' })).toBe(page)
    feed.send({ event: 'bookmark', id: cursor(6), data: '0' })
    await settle()
    expect(replica.lines.page({ stream: 's' })).not.toBe(page)
    ;(await wire.pages.next()).answer({ cursor: cursor(6), items: [], next: null })
  })

  test('[F7] a record whose value stays home is fetched once for each of its revisions', async () => {
    const { replica, wire, feed } = await live()
    const first = replica.hosts.fetch('b')
    const asked = await wire.details.next()
    expect(asked.subject).toEqual({ kind: 'hosts', key: 'b' })
    asked.answer({ cursor: cursor(5), item: host })
    expect(await first).toEqual(host[3])
    feed.send(commitEvent(6, [{ kind: 'hosts', op: 'put', key: 'c' }]))
    await settle()
    expect(replica.hosts.fetch('b')).toBe(first)
    feed.send(commitEvent(7, [{ kind: 'hosts', op: 'put', key: 'b' }]))
    await settle()
    const newer = replica.hosts.fetch('b')
    ;(await wire.details.next()).answer({ cursor: cursor(7), item: null })
    expect(await newer).toBeUndefined()
  })

  test('an answer that was under way when its record changed is not kept', async () => {
    const { replica, wire, feed } = await live()
    const early = replica.hosts.fetch('b')
    const asked = await wire.details.next()
    feed.send(commitEvent(6, [putHost('b', 'down')]))
    await settle()
    asked.answer({ cursor: cursor(5), item: host })
    expect(await early).toEqual(host[3])
    void replica.hosts.fetch('b')
    expect(wire.details.waiting).toBe(1)
    ;(await wire.details.next()).answer({ cursor: cursor(6), item: null })
  })

  test('a failed read rejects and is not kept; a closed replica reads nothing', async () => {
    const { replica, wire } = await live()
    const failed = replica.hosts.page()
    ;(await wire.pages.next()).refuse(new TypeError('fetch failed'))
    await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE' })
    const open = replica.hosts.page()
    open.catch(() => undefined)
    await wire.pages.next()
    replica.close()
    await expect(open).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
    await expect(replica.hosts.fetch('x')).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
  })

  test('a reset lets go of all of them', async () => {
    const { replica, wire, feed } = await live()
    const first = replica.title.fetch()
    ;(await wire.details.next()).answer({ cursor: cursor(5), item: ['', 5, 5000, 'five'] })
    expect(await first).toBe('five')
    feed.send({ event: 'reset', data: '{"code":"CURSOR_EXPIRED","message":"","details":{}}' })
    await wire.serveSnapshot(snapshotText({ revision: 8 }))
    void replica.title.fetch()
    ;(await wire.details.next()).answer({ cursor: cursor(8), item: null })
  })
})
