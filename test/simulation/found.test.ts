/** What the simulation has found, each as a test of its own. */
import { expect, onTestFinished, test } from 'vitest'
import { Feeds } from '../../src/server/feeds.ts'
import { TestSink } from '../server/test-sink.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { live } from '../support/replica-scene.ts'
import { scopeOf } from '../support/scope-of.ts'
import { openSample } from '../support/sample-state.ts'
import { cursor, settle } from '../support/scripted-wire.ts'

test('[H4] a call that is answered out of a history that has ended resolves, though the replica never shows what it did', async () => {
  const { replica, wire, clock, feed } = await live()
  const outcome: unknown[] = []
  void replica.call('rename', { to: 'x' }).then((value) => outcome.push(value))
  const asked = await wire.calls.next()
  asked.answer({ value: 7, cursor: cursor(9, 'epoch-zz') })
  await settle()
  expect(outcome).toEqual([])
  for (let beats = 0; beats < 4; beats += 1) {
    feed.send({ event: 'bookmark', id: cursor(5), data: '0' })
    await settle()
    await clock.pass(15_000)
  }
  expect(outcome).toEqual([7])
})

test('[F3] a client that takes nothing of its snapshot is let go after a while', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('x'.repeat(900_000)))
  const clock = new ManualClock()
  const errors: unknown[] = []
  const feeds = new Feeds({ clock, maxStreams: 10, onError: (error) => errors.push(error) })
  onTestFinished(() => feeds.close())
  const sink = new TestSink()
  sink.isPaused = true
  feeds.stream(sink, scopeOf(store, ['title']), undefined)
  await settleUntil(() => sink.pendingBytes > 0)
  await clock.pass(61_000)
  expect(sink.isBroken).toBe(true)
  expect(errors).toMatchObject([{ code: 'CONSUMER_TOO_SLOW' }])
  expect(feeds.open).toBe(0)
})

async function settleUntil(isReached: () => boolean): Promise<void> {
  while (!isReached()) await settle()
}
