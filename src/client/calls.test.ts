import { expect, test } from 'vitest'
import { live } from '../../test/support/replica-scene.ts'
import { commitEvent, cursor, outcomeByNow, pollLine, refusal, setTitle, settle } from '../../test/support/scripted-wire.ts'
import { isHoldfastError } from '../base/error.ts'
import { ReplicaError } from './replica-error.ts'

test('[C7] the same request is made again, with the same id, until there is an answer', async () => {
  const { replica, wire, clock } = await live()
  const answer = outcomeByNow(replica.call('rename', { to: 'six' }))
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
  expect(await outcomeByNow(call)).toBe('pending')
  feed.send(commitEvent(6, [setTitle('six')]))
  expect(await call.then((value) => [value, replica.title.get()])).toEqual([6, 'six'])
})

test('it has its answer all the same when the replica cannot follow', async () => {
  const { replica, wire, feed } = await live()
  const call = replica.call('rename', { to: 'six' })
  ;(await wire.calls.next()).answer({ value: 6, cursor: cursor(6) })
  await settle()
  feed.fail(new Error('gone'))
  expect(await outcomeByNow(call)).toEqual({ value: 6 })
  const offline = replica.call('rename', { to: 'seven' })
  ;(await wire.calls.next()).answer({ value: 7, cursor: cursor(7) })
  // Whoever answers a call may be followed again.
  ;(await wire.feeds.next()).refuse(new TypeError('fetch failed'))
  expect(await outcomeByNow(offline)).toEqual({ value: 7 })
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
