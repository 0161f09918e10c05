import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import type { Reply } from '../reply.ts'
import type { Sink } from '../sink.ts'
import { Upgrades } from './upgrades.ts'

interface Ask {
  readonly clock?: ManualClock
  readonly reply: Reply
  /** Whether the client keeps its side open when it has the answer. */
  readonly allowHalfOpen?: boolean
}

/** A client that has asked for an upgrade, and the connection on the side of the server. */
async function ask({ clock = new ManualClock(), reply, allowHalfOpen = false }: Ask) {
  const upgrades = new Upgrades({ WebSocketServer, clock, base: '/state', answer: async () => reply })
  const server = createServer().on('upgrade', (...upgrade) => void upgrades.take(...upgrade))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const asked = once(server, 'upgrade') as Promise<[IncomingMessage, Socket]>
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen })
  onTestFinished(() => void client.destroy())
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  client.write(
    `GET /state/feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}\r\n\r\n`,
  )
  await once(client, 'data')
  const [, socket] = await asked
  return { client, socket }
}

/** A stream that says nothing, to a client that was upgraded and answers no ping. */
async function openSilent() {
  const clock = new ManualClock()
  const given = Promise.withResolvers<Sink>()
  const { client } = await ask({ clock, reply: { status: 200, headers: {}, body: (sink) => given.resolve(sink) } })
  return { clock, client, sink: await given.promise }
}

test('[Z22] who is refused cannot end the program by breaking the connection, and is not waited for', async () => {
  const { client, socket } = await ask({ reply: { status: 401, headers: {}, body: [] }, allowHalfOpen: true })
  // An error that nobody listens for ends the program.
  expect(socket.listenerCount('error')).toBe(1)
  if (!socket.destroyed) await once(socket, 'close')
  expect(client.writable).toBe(true)
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
