import { expect, test } from 'vitest'
import { begin, live } from '../../../test/support/replica-scene.ts'
import { Channel, commitEvent, cursor, pollLine, refusal, setTitle, settle, snapshotText } from '../../../test/support/scripted-wire.ts'

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
