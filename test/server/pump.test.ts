import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Patience } from '../../src/server/patience.ts'
import { pump } from '../../src/server/pump.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { TestSink } from './test-sink.ts'

const pieceBytes = 64 * 1024

/** A stream that counts what is taken out of it. */
function counted(count: number): { readonly body: Readable; readonly given: () => number } {
  let given = 0
  function* pieces(): Generator<Uint8Array> {
    for (; given < count; given += 1) yield new Uint8Array(pieceBytes)
  }
  return { body: Readable.from(pieces(), { objectMode: false }), given: () => given }
}

/** Without end, as no time passes. */
function patient(sink: TestSink, clock = new ManualClock(), onError = (error: unknown): void => expect.fail(String(error))): Patience {
  return new Patience(sink, { clock, onError })
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await nextTurn()
}

test('[A4] [Z23] a client that takes nothing is read ahead for by a few pieces, and gets all once it takes them', async () => {
  const { body, given } = counted(1000)
  const sink = new TestSink()
  sink.isPaused = true
  const pumping = pump(body, sink, patient(sink))
  await settle()
  expect(given()).toBeLessThan(10)
  expect(sink.pendingBytes).toBeLessThan(10 * pieceBytes)
  sink.resume()
  await pumping
  expect([given(), sink.takenBytes, sink.isClosed, sink.isBroken]).toEqual([1000, 1000 * pieceBytes, true, false])
})

test('[A4] a client that leaves ends the stream, while it takes nothing too', async () => {
  const { body } = counted(1000)
  const sink = new TestSink()
  sink.isPaused = true
  const pumping = pump(body, sink, patient(sink))
  await settle()
  const closed = once(body, 'close')
  sink.end()
  await Promise.all([closed, pumping])
  expect(body.destroyed).toBe(true)
})

test('[A4] a stream that fails breaks the connection at once, also of a client that takes nothing', async () => {
  for (const isPaused of [false, true]) {
    const { body } = counted(1000)
    const sink = new TestSink()
    sink.isPaused = isPaused
    const pumping = pump(body, sink, patient(sink))
    if (isPaused) await settle()
    body.destroy(new Error('failed'))
    await pumping
    expect([sink.isClosed, sink.isBroken]).toEqual([true, true])
  }
})

test('[F3] [A4] a client that takes nothing of a stream for 30 s is let go, with the stream, and one that takes a little is not', async () => {
  const clock = new ManualClock()
  const errors: unknown[] = []
  const downloads = [false, true].map((isTrickling) => {
    const { body } = counted(1000)
    const sink = new TestSink()
    sink.isPaused = true
    return {
      body,
      sink,
      isTrickling,
      pumping: pump(
        body,
        sink,
        patient(sink, clock, (error) => errors.push(error)),
      ),
    }
  })
  await settle()
  for (let n = 0; n < 3; n += 1) {
    await clock.pass(20_000)
    for (const { sink, isTrickling } of downloads) if (isTrickling) sink.take(1)
  }
  expect(downloads.map(({ body, sink }) => [body.destroyed, sink.isBroken])).toEqual([
    [true, true],
    [false, false],
  ])
  expect(errors).toMatchObject([{ code: 'CONSUMER_TOO_SLOW' }])
  for (const { sink } of downloads) sink.end()
  await Promise.all(downloads.map(({ pumping }) => pumping))
})
