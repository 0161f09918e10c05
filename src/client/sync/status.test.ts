import { expect, test } from 'vitest'
import { begin, live } from '../../../test/support/replica-scene.ts'
import { cursor, refusal, settle, snapshotText } from '../../../test/support/scripted-wire.ts'

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

test('[P8] a listener of the status may retry from within, and one attempt is made, not two', async () => {
  const { replica, wire } = begin()
  replica.onStatus(({ state }) => {
    if (state === 'refused') replica.retry()
  })
  ;(await wire.snapshots.next()).refuse(refusal('SIGN_IN_NEEDED', 401))
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  expect(replica.status.revision).toBe(5)
  await wire.openFeed()
  expect([wire.snapshots.waiting, wire.feeds.waiting]).toEqual([0, 0])
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
