import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Feeds } from '../../src/server/feeds.ts'
import { graceMs } from '../../src/server/sink.ts'
import { takeOverSocket, type WritableSink } from '../../src/server/writable-sink.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { scopeOf } from '../support/scope-of.ts'
import { openSample, type Sample } from '../support/sample-state.ts'

interface Unread {
  readonly feeds: Feeds
  readonly clock: ManualClock
  /** The server's side of the connection. */
  readonly socket: Socket
  /** What the server learns of its end. */
  readonly closed: Promise<unknown>
}

/** A stream over a real connection, whose client reads nothing; more was written to it than the system keeps for it. */
async function openUnread(store: Sample): Promise<Unread> {
  const clock = new ManualClock()
  const feeds = new Feeds({ clock, maxStreams: 1, onError: (error) => expect.fail(String(error)) })
  const taken = Promise.withResolvers<WritableSink>()
  const server = createServer((_request, response) => {
    response.useChunkedEncodingByDefault = false
    response.writeHead(200)
    response.flushHeaders()
    const sink = takeOverSocket(response)!
    feeds.stream(sink, scopeOf(store, ['title']), store.cursor)
    taken.resolve(sink)
  })
  const accepted = once(server, 'connection') as Promise<[Socket]>
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => undefined)
  onTestFinished(() => void client.destroy())
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const sink = await taken.promise
  const [socket] = await accepted
  for (let n = 0; sink.pendingBytes < 1000; n += 1) {
    await store.commit((tx) => tx.title.set(`${n} ${'x'.repeat(200_000)}`), { durability: 'process' })
    await clock.pass(20)
  }
  return { feeds, clock, socket, closed: once(socket, 'close') }
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
