import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Server } from 'socket.io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { connect as connectReplica } from '../../src/client.ts'
import { openStore } from '../../src/index.ts'
import { createHandler } from '../../src/server.ts'
import { attachSocketIo } from '../../src/socket-io.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { sample, type Sample } from '../support/sample-state.ts'

let store: Sample
let port = 0
let token = ''
let close: () => Promise<void>
const errors: unknown[] = []

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'packets-'))
  store = await openStore(sample, { directory })
  const handler = createHandler(store, { port: () => port, WebSocketServer, maxStreams: 2000, onError: (error) => errors.push(error) })
  const server = createServer((request, response) => void handler.node(request, response))
  const io = new Server(server, { maxHttpBufferSize: 1024 * 1024 })
  attachSocketIo(io, handler)
  server.on('upgrade', (...asked) => void handler.upgrade(...asked))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  close = async () => {
    handler.close()
    await io.close()
    await store.close()
    rmSync(directory, { recursive: true })
  }
})
afterAll(() => close())

const upgrade = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

/** A raw connection; what it is cut for is not looked at. */
function dial(): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  return socket
}

async function gone(socket: Socket): Promise<void> {
  socket.end()
  if (!socket.destroyed) await once(socket, 'close')
}

/** A frame as clients send it, masked by zeros. */
function frame(text: string, head = 0x81): Buffer {
  const payload = Buffer.from(text)
  const length = payload.byteLength < 126 ? [0x80 | payload.byteLength] : [0xfe, payload.byteLength >> 8, payload.byteLength & 255]
  return Buffer.concat([Buffer.from([head, ...length, 0, 0, 0, 0]), payload])
}

/** Nobody notices: a replica of the same server goes on. */
async function assertWell(): Promise<void> {
  const replica = connectReplica<typeof sample>({ url: `http://127.0.0.1:${port}/state`, token })
  await replica.ready
  await store.commit((tx) => tx.counter.set((tx.counter.get() ?? 0) + 1))
  await replica.settled(store.cursor)
  expect(replica.counter.get()).toBe(store.counter.get())
  replica.close()
  expect(errors).toEqual([])
}

test('[Z22] packets that once ended other servers end no more than their connection', async () => {
  const overIo = [
    // The name of an event is an object whose toString is none.
    '42/holdfast,[{"toString":"foo"}]',
    '42["error"]',
    '42/holdfast,["error",{}]',
    '42/holdfast,["disconnect"]',
    '42/holdfast,["newListener"]',
    '451-/holdfast,["holdfast",{"_placeholder":true,"num":-1}]',
    '451-/holdfast,["holdfast",{"_placeholder":true,"num":"splice"}]',
    '4999999999999-/holdfast,["holdfast"]',
    '42/holdfast,7["holdfast",1,"snapshot",{"__proto__":{"x":1}}]',
    '42/holdfast,["holdfast",{"__proto__":1},"x"]',
    '40/nowhere,',
    '41/holdfast,',
    '43/holdfast,0[]',
    '',
    '9',
    '2probe',
    '5',
    `42/holdfast,["holdfast",1,"${'%'.repeat(30_000)}"]`,
    `42/holdfast,${'['.repeat(60_000)}`,
  ]
  for (const packet of overIo) {
    const socket = dial()
    socket.write(upgrade('/socket.io/?EIO=4&transport=websocket'))
    await once(socket, 'data')
    socket.write(Buffer.concat([frame('40/holdfast,'), frame(packet)]))
    await gone(socket)
  }
  const overFeed = [
    // Far more pieces of a message than bytes in it.
    Buffer.concat(Array.from({ length: 20_000 }, (_, at) => frame('', at === 0 ? 0x01 : 0x00))),
    // Frames that lie about their length, reserve what is not theirs, or are not masked.
    Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    Buffer.from([0x81, 0x01, 0x41]),
    Buffer.from([0x89, 0xfe, 0xff, 0xff, 0, 0, 0, 0]),
    Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
    frame('\ud800'),
  ]
  for (const bytes of overFeed) {
    const socket = dial()
    socket.write(upgrade('/state/feed'))
    await once(socket, 'data')
    socket.write(bytes)
    await gone(socket)
  }
  // So many headers that those of the handshake are not among the ones that were read.
  const many = dial()
  many.write(upgrade('/state/feed').replace('\r\n\r\n', `\r\n${Array.from({ length: 1900 }, (_, at) => `x${at}: y`).join('\r\n')}\r\n\r\n`))
  await once(many, 'data')
  await gone(many)
  await assertWell()
}, 60_000)

test('[Z22] [F3] who asks for more on the connection of a stream is let go, and gets no answer in the middle of it', async () => {
  const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`
  for (const more of ['/healthz', '/state/snapshot', '/state/feed', '/state/nothing']) {
    const socket = dial()
    let received = ''
    socket.on('data', (bytes) => (received += bytes.toString()))
    const left = once(socket, 'close')
    // Also what was read together with it.
    socket.write(ask('/state/feed') + ask(more))
    await once(socket, 'data')
    socket.write(ask(more))
    await left
    expect([more, received.split('HTTP/1.1 ').length - 1]).toEqual([more, 1])
  }
  await assertWell()
})

test('[Z22] a hundred thousand mutated packets, over both, end nothing but their connections', async () => {
  const seed = Number(process.env['HOLDFAST_SEED'] ?? 7)
  const random = new SeededRandom(`packets ${seed}`)
  const good = [
    frame('42/holdfast,["holdfast",1,"snapshot"]'),
    frame('42/holdfast,["holdfast",2,"feed"]'),
    frame('42/holdfast,["holdfast",1]'),
    frame('3'),
    frame('42/holdfast,["holdfast",3,"call/x",{"id":"a","input":null}]'),
    frame('', 0x89),
    frame('451-/holdfast,["holdfast",{"_placeholder":true,"num":0}]'),
    frame('bytes', 0x82),
  ]
  const mutate = (packet: Buffer): Buffer => {
    const bytes = Buffer.from(packet)
    for (let changes = Math.floor(random.next() * 3); changes >= 0; changes -= 1) {
      const at = Math.floor(random.next() * bytes.byteLength)
      bytes[at] = Math.floor(random.next() * 256)
    }
    return random.next() < 0.1 ? bytes.subarray(0, Math.floor(random.next() * bytes.byteLength)) : bytes
  }
  let packets = 0
  while (packets < 100_000) {
    const socket = dial()
    const isIo = random.next() < 0.8
    socket.write(upgrade(isIo ? '/socket.io/?EIO=4&transport=websocket' : '/state/feed'))
    await once(socket, 'data')
    if (isIo) socket.write(frame('40/holdfast,'))
    const count = 1 + Math.floor(random.next() * 1200)
    packets += count
    socket.write(Buffer.concat(Array.from({ length: count }, () => mutate(good[Math.floor(random.next() * good.length)] as Buffer))))
    await gone(socket)
  }
  await assertWell()
}, 120_000)
