import { expect, test } from 'vitest'
import { begin, type Scene } from '../../../test/support/replica-scene.ts'
import { commitEvent, cursor, pollLine, refusal, setTitle, settle, snapshotText } from '../../../test/support/scripted-wire.ts'
import type { ReplicaPlan } from '../create-replica.ts'

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

/** A better transport is tried and does not do; it goes on with polls, of which the first does not wait. */
async function comeBack({ wire }: Scene): Promise<void> {
  ;(await wire.feeds.next()).refuse(failed)
  const first = await wire.polls.next()
  expect(first.subject).toMatchObject({ waitMs: 0 })
  first.answer({ text: '', cursor: cursor(5) })
  await settle()
}

test('[X10] falls back from streams to waiting polls to plain polls, and everything still arrives', async () => {
  const scene = await hydrated()
  const { replica, wire, clock } = scene
  await refuseFeeds(scene, 2)
  const first = await wire.polls.next()
  expect(first.subject).toEqual({ after: cursor(5), waitMs: 0 })
  first.answer({ text: '', cursor: cursor(5) })
  await comeBack(scene)
  const second = await wire.polls.next()
  expect(second.subject).toEqual({ after: cursor(5) })
  second.answer({ text: pollLine(6, [setTitle('six')]), cursor: cursor(7) })
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
  expect([wire.polls.waiting, wire.feeds.waiting]).toEqual([0, 0])
  await clock.pass(1)
  // Both better ones are tried then, and it is by the last of them that it goes on.
  ;(await wire.feeds.next()).refuse(failed)
  ;(await wire.polls.next()).refuse(failed)
  ;(await wire.polls.next()).answer({ text: '', cursor: undefined })
  await settle()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'poll' })
})

test('[X10] tries better transports again: with the first answer, then every 60 s, and comes back in between', async () => {
  const scene = await hydrated()
  const { replica, wire, clock } = scene
  await refuseFeeds(scene, 2)
  const poll = async (): Promise<void> => {
    const asked = await wire.polls.next()
    await clock.pass(25_000)
    asked.answer({ text: '', cursor: cursor(5) })
    await settle()
  }
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  await comeBack(scene)
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
  expect((await wire.polls.next()).subject).toMatchObject({ after: cursor(5) })
})

test('[X10] failures with something delivered in between are not in a row', async () => {
  const scene = await hydrated()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await refuseFeeds(scene, 1)
    const feed = await scene.wire.openFeed()
    feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
    await settle()
    await scene.clock.pass(6000)
    feed.end()
    await settle()
  }
  expect([scene.wire.feeds.waiting, scene.wire.polls.waiting]).toEqual([1, 0])
})

test('[X10] a stream of a worse transport that has ended is no reason to stay with it', async () => {
  const scene = await hydrated({ transport: ['websocket', 'sse'] })
  const { replica, wire, clock } = scene
  await refuseFeeds(scene, 2)
  const worse = await wire.openFeed()
  worse.send({ event: 'bookmark', id: cursor(5), data: '0' })
  await settle()
  await clock.pass(5000)
  expect(replica.status).toMatchObject({ state: 'live', transport: 'sse' })
  worse.end()
  const better = await wire.openFeed()
  better.send(commitEvent(6, [setTitle('six')]))
  await settle()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'websocket', revision: 6 })
})

test('[X10] polls show live with the first answer, which does not wait for a commit, also after an end', async () => {
  const { replica, wire, clock } = await hydrated({ transport: 'long-poll' })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const first = await wire.polls.next()
    expect(first.subject).toEqual({ after: cursor(5), waitMs: 0 })
    expect(replica.status.state).not.toBe('live')
    first.answer({ text: '', cursor: cursor(5) })
    await settle()
    expect(replica.status).toMatchObject({ state: 'live', transport: 'long-poll' })
    const waiting = await wire.polls.next()
    expect(waiting.subject).toEqual({ after: cursor(5) })
    waiting.refuse(failed)
    await settle()
    await clock.pass(1000)
  }
})

test('[X10] answers that come at once do not make up for waiting ones that are lost', async () => {
  const { replica, wire, clock } = await hydrated({ transport: ['long-poll', 'poll'] })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
    const waiting = await wire.polls.next()
    expect(waiting.subject).toEqual({ after: cursor(5) })
    waiting.refuse(failed)
    await settle()
    await clock.pass(2000)
  }
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  await settle()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'poll' })
})

test('a poll that should wait and does not is not repeated at once', async () => {
  const { wire, clock } = await hydrated({ transport: 'long-poll' })
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  ;(await wire.polls.next()).answer({ text: '', cursor: cursor(5) })
  await settle()
  expect(wire.polls.waiting).toBe(0)
  await clock.pass(2000)
  expect(wire.polls.waiting).toBe(1)
})

test('[X10] comes back to waiting polls where nothing is committed: they wait less than a try is given', async () => {
  const { replica, wire, clock } = await hydrated({ transport: ['long-poll', 'poll'] })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    ;(await wire.polls.next()).refuse(failed)
    await settle()
    await clock.pass(2000)
  }
  const answerAtOnce = async (): Promise<void> => {
    const asked = await wire.polls.next()
    expect(asked.subject).toEqual({ after: cursor(5), waitMs: 0 })
    asked.answer({ text: '', cursor: cursor(5) })
    await settle()
  }
  await answerAtOnce()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'poll' })
  await clock.pass(2000)
  await answerAtOnce()
  const waiting = await wire.polls.next()
  const { waitMs = 25_000 } = waiting.subject
  await clock.pass(waitMs)
  expect(waiting.options.signal.aborted).toBe(false)
  waiting.answer({ text: '', cursor: cursor(5) })
  await settle()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'long-poll' })
})
