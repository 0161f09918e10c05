import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectSocket, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { createHandler } from '../../src/server.ts'
import { openSample, type sample, type Sample } from '../support/sample-state.ts'

const capBytes = 1024 * 1024
const commitBytes = 64 * 1024

/** More than the kernel keeps for a connection, and the cap. */
const commits = 250

/** A server whose sockets can be looked at. */
async function serveOpenly(store: Sample): Promise<{ readonly port: number; readonly sockets: ReadonlyMap<number, Socket> }> {
  const sockets = new Map<number, Socket>()
  const server = createServer((request, response) => void handler.node(request, response))
  server.on('connection', (socket) => sockets.set(socket.remotePort ?? 0, socket))
  const handler = createHandler(store, { port: () => (server.address() as AddressInfo).port, onError: () => undefined })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    handler.close()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

/** A client that asks for the feed and takes nothing of it. Answers with its own port. */
async function pausedClient(port: number, token: string, after: string): Promise<number> {
  const socket = connectSocket({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET /state/feed?after=${after} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`)
  // The head of the answer says that the stream is open.
  await once(socket, 'readable')
  return socket.localPort ?? 0
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
}

test('[F3] [X36] clients that are paused cost their cap at most, and the others get every commit as before', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.counter.set(0))
  const { port, sockets } = await serveOpenly(store)
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const replicas = Array.from({ length: 8 }, () =>
    connect<typeof sample>({ url: `http://127.0.0.1:${port}/state`, token, transport: 'sse' }),
  )
  onTestFinished(() => replicas.forEach((replica) => replica.close()))
  await Promise.all(replicas.map(({ ready }) => ready))
  await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))

  /** Commits, and how long each took to each replica, ms. */
  const measure = async (onCommit: () => void): Promise<number[]> => {
    const times: number[] = []
    let begunAt = 0
    const unsubscribe = replicas.map((replica) => replica.title.subscribe(() => times.push(performance.now() - begunAt)))
    for (let count = 0; count < commits; count += 1) {
      begunAt = performance.now()
      await store.commit((tx) => tx.title.set(`${count} ${'x'.repeat(commitBytes)}`), { durability: 'process' })
      await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
      onCommit()
    }
    for (const stop of unsubscribe) stop()
    return times
  }

  const before = await measure(() => undefined)
  const paused = await Promise.all(Array.from({ length: 8 }, () => pausedClient(port, token, store.cursor)))
  let most = 0
  const after = await measure(() => {
    most = Math.max(most, ...paused.map((own) => sockets.get(own)?.writableLength ?? 0))
  })

  const figures = `8 paused clients: ${most} bytes each at most; p99 of the others ${p99(before).toFixed(1)} ms without and ${p99(after).toFixed(1)} ms with them`
  process.stdout.write(`${figures}\n`)
  expect([before.length, after.length]).toEqual([commits * replicas.length, commits * replicas.length])
  // They were full, so that the cap was what held.
  expect(most).toBeGreaterThan(capBytes / 2)
  expect(most).toBeLessThanOrEqual(capBytes + 2 * commitBytes)
}, 60_000)
