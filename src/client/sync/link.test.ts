import { expect, test } from 'vitest'
import { begin, live } from '../../../test/support/replica-scene.ts'
import { commitEvent, cursor, putHost, refusal, setTitle, settle, snapshotText } from '../../../test/support/scripted-wire.ts'

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

test('[H3] what a server refuses is not asked again until retry(); what something in between refuses is', async () => {
  const { replica, wire, clock } = begin()
  ;(await wire.snapshots.next()).refuse(refusal('UNREACHABLE', 404))
  await settle()
  expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'UNREACHABLE' } })
  await clock.pass(1000)
  ;(await wire.snapshots.next()).refuse(refusal('KIND_UNKNOWN', 400))
  await expect(replica.ready).rejects.toMatchObject({ code: 'KIND_UNKNOWN' })
  expect(replica.status).toMatchObject({ state: 'refused', error: { code: 'KIND_UNKNOWN' } })
  await clock.pass(120_000)
  expect(wire.snapshots.waiting).toBe(0)
  replica.retry()
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  await replica.ready
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
