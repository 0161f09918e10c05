import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { emptyReply, type Reply } from '../reply.ts'
import type { Sink } from '../sink.ts'
import { Upgrades } from './upgrades.ts'

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const head = `GET /state/feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}\r\n\r\n`

/** A client that has asked for an upgrade, and the server's end of its connection. */
async function ask(answer: (client: Socket, connection: Socket) => Promise<Reply>) {
  const clock = new ManualClock()
  const given = Promise.withResolvers<Socket>()
  const upgrades = new Upgrades({ WebSocketServer, clock, base: '/state', answer: async () => answer(client, await given.promise) })
  const server = createServer().on('upgrade', (request, connection, first) => {
    given.resolve(connection as Socket)
    void upgrades.take(request, connection, first)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  client.write(head)
  return { clock, client, connection: await given.promise }
}

/** A stream that says nothing, to a client that was upgraded and answers no ping. */
async function openSilent() {
  const given = Promise.withResolvers<Sink>()
  const { clock, client } = await ask(async () => ({ status: 200, headers: {}, body: (sink) => given.resolve(sink) }))
  await once(client, 'data')
  return { clock, client, sink: await given.promise }
}

test('[Z22] a client that resets its connection while its upgrade is refused ends nothing else', async () => {
  const { connection } = await ask(async (client) => {
    client.resetAndDestroy()
    return emptyReply(401)
  })
  // An error that nobody listens for would end the process.
  await new Promise<void>((resolve) => connection.on('close', () => resolve()))
})

test('[Z23] a client that stays after its upgrade was refused is let go after 5 s', async () => {
  const { clock, client, connection } = await ask(async (asking) => {
    asking.allowHalfOpen = true
    return emptyReply(401)
  })
  client.resume()
  await once(client, 'end')
  const closed = once(connection, 'close')
  expect(connection.destroyed).toBe(false)
  await clock.pass(5_000)
  await closed
})

test('[Z23] bytes for a client that has gone meanwhile are let go', async () => {
  const bytes = Readable.from([])
  const done = once(bytes, 'close')
  await ask(async (client, connection) => {
    client.resetAndDestroy()
    await new Promise<void>((resolve) => connection.on('close', () => resolve()))
    return { status: 200, headers: {}, body: bytes }
  })
  await done
})

test('tells everybody who asked that the client has gone, once, and who asks later at once', async () => {
  const { client, sink } = await openSilent()
  const told: string[] = []
  sink.onceClosed(() => told.push('one'))
  sink.onceClosed(() => told.push('two'))
  const three = new Promise<void>((resolve) => sink.onceClosed(resolve))
  client.destroy()
  await three
  await new Promise<void>((resolve) => sink.onceClosed(resolve))
  expect([told, sink.isClosed]).toEqual([['one', 'two'], true])
})

test('[Z23] a WebSocket whose other side answers no ping for 2.5 heartbeats is let go', async () => {
  const { clock, client, sink } = await openSilent()
  const ping = once(client, 'data')
  await clock.pass(15_000)
  expect([...((await ping)[0] as Buffer)]).toEqual([0x89, 0])
  // A pong, masked as a client's frames are.
  client.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))
  const again = once(client, 'data')
  await clock.pass(15_000)
  await again
  await clock.pass(15_000)
  expect(sink.isClosed).toBe(false)
  const closed = once(client, 'close')
  await clock.pass(30_000)
  await closed
  expect(sink.isClosed).toBe(true)
  await clock.pass(15_000)
  expect(clock.waitsUntil).toEqual([])
})
