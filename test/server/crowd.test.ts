import { connect as connectSocket, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import type { sample } from '../support/sample-state.ts'
import { serveSample } from './served.ts'

const cap = 256

/** As many at once as the backlog of a listener holds. */
const atOnce = 500

/** What is held, in the heap and on its account. */
function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

interface Attempt {
  readonly socket: Socket
  /** The first line of the answer; `''` where the server closed without one. */
  readonly answer: string
}

/** Asks for a stream; resolves with the answer, or when the connection was closed. */
function attempt(port: number, host: string, request: string): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connectSocket({ port, host })
    socket.write(request)
    socket.once('data', (piece) => resolve({ socket, answer: String(piece).split('\r\n', 1)[0] ?? '' }))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve({ socket, answer: '' }))
  })
}

test.each([
  ['127.0.0.1', 10_000],
  ['::1', 1000],
])('[Z23] connections to %s, %i of them, are let in up to the cap; the others are closed unanswered', async (host, attempts) => {
  const { store, server, token } = await serveSample()
  await store.commit((tx) => tx.title.set('begin'))
  const replica = connect<typeof sample>({ url: `${server.url}/state`, token, transport: 'sse' })
  onTestFinished(() => replica.close())
  await replica.settled(store.cursor)
  const before = heldBytes()

  const request = `GET /state/feed?after=${store.cursor} HTTP/1.1\r\nhost: localhost:${server.port}\r\nauthorization: Bearer ${token}\r\n\r\n`
  const admitted: Socket[] = []
  const answers = new Map<string, number>()
  for (let begun = 0; begun < attempts; begun += atOnce) {
    const wave = await Promise.all(Array.from({ length: atOnce }, () => attempt(server.port, host, request)))
    for (const { socket, answer } of wave) {
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      if (answer !== '') admitted.push(socket)
    }
    // Whoever was there before goes on as if nothing happened.
    await store.commit((tx) => tx.counter.set(begun), { durability: 'process' })
    await replica.settled(store.cursor)
  }
  const answered = answers.get('HTTP/1.1 200 OK') ?? 0
  expect(answered).toBeGreaterThan(cap / 2)
  expect(answered).toBeLessThanOrEqual(cap)
  expect(server.handler.streams).toBeLessThanOrEqual(cap)
  // The replica's stream is one of the 256, where it has the same address.
  expect([...answers].filter(([answer]) => !['', 'HTTP/1.1 200 OK', 'HTTP/1.1 503 Service Unavailable'].includes(answer))).toEqual([])

  for (const socket of admitted) socket.destroy()
  while (server.handler.streams > 1) await nextTurn()
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect(replica.status.state).toBe('live')
  // Those that were attempted would hold five times as much, had they stayed.
  expect(heldBytes() - before).toBeLessThan(10 * 1024 * 1024)
})
