import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Feeds } from '../../src/server/feeds.ts'
import { patienceWith, sendBody } from '../../src/server/send-body.ts'
import { graceMs } from '../../src/server/sink.ts'
import { takeOverSocket, WritableSink } from '../../src/server/writable-sink.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { scopeOf } from '../support/scope-of.ts'
import { openSample, type Sample } from '../support/sample-state.ts'

interface Unread {
  /** The server's side of the connection. */
  readonly socket: Socket
  /** What the server learns of its end. */
  readonly closed: Promise<unknown>
}

/** A request by a real connection, whose client reads nothing. */
async function accept(answer: (response: ServerResponse) => void): Promise<Unread> {
  const answered = Promise.withResolvers<void>()
  const server = createServer((_request, response) => {
    answer(response)
    answered.resolve()
  })
  const accepted = once(server, 'connection') as Promise<[Socket]>
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => undefined)
  onTestFinished(() => void client.destroy())
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const [socket] = await accepted
  await answered.promise
  return { socket, closed: once(socket, 'close') }
}

interface UnreadStream extends Unread {
  readonly feeds: Feeds
  readonly clock: ManualClock
}

/** A stream; more was written to it than the system keeps for it. */
async function openUnread(store: Sample): Promise<UnreadStream> {
  const clock = new ManualClock()
  const feeds = new Feeds({ clock, maxStreams: 1, onError: (error) => expect.fail(String(error)) })
  const unread = await accept((response) => {
    response.useChunkedEncodingByDefault = false
    response.writeHead(200)
    response.flushHeaders()
    feeds.stream(takeOverSocket(response)!, scopeOf(store, ['title']), store.cursor)
  })
  for (let n = 0; unread.socket.writableLength < 1000; n += 1) {
    await store.commit((tx) => tx.title.set(`${n} ${'x'.repeat(200_000)}`), { durability: 'process' })
    await clock.pass(20)
  }
  return { ...unread, feeds, clock }
}

test('[F3] a stream that failed gives its place back although its client never takes the rest', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds, clock, socket, closed } = await openUnread(store)
  await store.close()
  await clock.pass(0)
  expect([socket.writableEnded, socket.destroyed, feeds.open]).toEqual([true, false, 1])
  await clock.pass(graceMs)
  await closed
  expect(feeds.open).toBe(0)
})

test('[F3] closing the server gives up connections whose clients never take the rest', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const { feeds, clock, socket, closed } = await openUnread(store)
  feeds.close()
  expect([socket.writableEnded, socket.destroyed, feeds.open]).toEqual([true, false, 1])
  await clock.pass(graceMs)
  await closed
  expect(feeds.open).toBe(0)
})

test('[F3] an answer that was written to its end is let go, too, when nothing of that is taken for 30 s', async () => {
  const clock = new ManualClock()
  const errors: unknown[] = []
  const written = Promise.withResolvers<void>()
  const { socket, closed } = await accept((response) => {
    // Ends once the system keeps no more of it, and before its writer would have to wait.
    async function* pieces(): AsyncGenerator<Uint8Array> {
      while (response.writableLength === 0) {
        yield new Uint8Array(64 * 1024)
        for (let turns = 0; turns < 5; turns += 1) await nextTurn()
      }
    }
    const sink = WritableSink.over(response)
    const patience = patienceWith(sink, { patience: { clock, onError: (error) => errors.push(error) } })
    written.resolve(sendBody(Readable.from(pieces()), sink, patience))
  })
  await written.promise
  expect([socket.writableLength > 0, socket.destroyed]).toEqual([true, false])
  await clock.pass(60_000)
  await closed
  expect(errors).toMatchObject([{ code: 'CONSUMER_TOO_SLOW' }])
})
