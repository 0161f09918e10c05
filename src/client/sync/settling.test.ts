import { expect, test } from 'vitest'
import { begin, live } from '../../../test/support/replica-scene.ts'
import {
  commitEvent,
  cursor,
  outcomeByNow,
  pollLine,
  refusal,
  setTitle,
  settle,
  snapshotText,
} from '../../../test/support/scripted-wire.ts'

test('[F5] resolves once the cursor is reached, by a commit, a bookmark or a snapshot', async () => {
  const { replica, wire } = begin()
  const first = replica.settled(cursor(5))
  expect(await outcomeByNow(first)).toBe('pending')
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  expect(await outcomeByNow(first)).toEqual({ value: undefined })
  await replica.settled(cursor(4))
  const [next, later] = [replica.settled(cursor(6)), replica.settled(cursor(9))]
  const feed = await wire.openFeed()
  feed.send(commitEvent(6, [setTitle('six')]))
  expect(await outcomeByNow(next)).toEqual({ value: undefined })
  expect(await outcomeByNow(later)).toBe('pending')
  feed.send({ event: 'bookmark', id: cursor(9), data: '0' })
  expect(await outcomeByNow(later)).toEqual({ value: undefined })
})

test('rejects at its deadline, by its signal, at the end of the history and of the replica', async () => {
  const { replica, feed, clock, wire } = await live()
  const late = outcomeByNow(replica.settled(cursor(9), { timeoutMs: 100 }))
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
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  const waiting = await wire.polls.next()
  const settled = replica.settled(cursor(6))
  const now = await wire.polls.next()
  expect(waiting.options.signal.aborted).toBe(true)
  expect(now.subject).toMatchObject({ after: cursor(5), waitMs: 0 })
  now.answer({ text: '', cursor: cursor(6) })
  await settled
  expect(replica.status.state).toBe('live')
  expect((await wire.polls.next()).subject).toEqual({ after: cursor(6) })
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

test('a poll that does not wait is let be, however many more cursors are waited for, and asked again after it', async () => {
  const { replica, wire } = begin({ transport: 'long-poll' })
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  await wire.polls.next()
  const first = replica.settled(cursor(6))
  const now = await wire.polls.next()
  const second = replica.settled(cursor(7))
  await settle()
  expect([now.options.signal.aborted, wire.polls.waiting]).toEqual([false, 0])
  now.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(6) })
  await first
  const again = await wire.polls.next()
  expect(again.subject).toEqual({ after: cursor(6), waitMs: 0 })
  again.answer({ text: pollLine(7, [setTitle('seven')]), cursor: cursor(7) })
  await second
  expect((await wire.polls.next()).subject).toEqual({ after: cursor(7) })
})

test('what such a poll fails with counts, whoever is in a hurry', async () => {
  const { replica, wire } = begin({ transport: 'poll' })
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  const asked = await wire.polls.next()
  const settled = replica.settled(cursor(6), { timeoutMs: 1000 })
  settled.catch(() => undefined)
  asked.refuse(refusal('SIGN_IN_NEEDED', 401))
  await settle()
  expect([replica.status.state, wire.polls.waiting]).toEqual(['refused', 0])
})
