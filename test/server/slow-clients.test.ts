import { readFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { httpLimits, serveWithin } from '../../src/server/serve.ts'
import { openSample, type sample } from '../support/sample-state.ts'
import { addHost, freePort } from './served.ts'

/** Between two bytes, ms. */
const pauseMs = 10

/** Sends a text at once and then, byte by byte and without end, another one. Resolves with the answer when the server has closed. */
function dribble(port: number, begin: string, byte: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connectSocket({ port, host: '127.0.0.1' })
    socket.write(begin)
    const timer = setInterval(() => socket.write(byte), pauseMs)
    socket.on('data', (piece) => (answer += String(piece)))
    // Bytes that arrive after the end are answered with a reset.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })
}

test('[Z23] who sends a head or a body too slowly is told 408 and cut, and nobody else notices', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('begin'))
  const limits = { ...httpLimits, headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 }
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const server = await serveWithin(limits, store, { port: await freePort(), actions: { addHost }, onError })
  onTestFinished(() => server.close())
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const replica = connect<typeof sample>({ url: `${server.url}/state`, token, transport: 'sse' })
  onTestFinished(() => replica.close())
  await replica.settled(store.cursor)
  let changes = 0
  replica.counter.subscribe(() => (changes += 1))

  const host = `host: 127.0.0.1:${server.port}\r\n`
  const head = `GET /healthz HTTP/1.1\r\n${host}x-slow: `
  const body = `POST /state/call/addHost HTTP/1.1\r\n${host}authorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"id":"`
  const dribbling = Promise.all([head, body].flatMap((begin) => Array.from({ length: 20 }, () => dribble(server.port, begin, 'x'))))
  let isCut = false
  void dribbling.then(() => (isCut = true))
  let commits = 0
  while (!isCut) {
    await store.commit((tx) => tx.counter.set((commits += 1)), { durability: 'process' })
    await replica.settled(store.cursor)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  }
  expect(new Set(await dribbling)).toEqual(new Set(['HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n']))
  expect([changes, replica.status.state, store.hosts.count()]).toEqual([commits, 'live', 0])
  // It is the clients' mistake, and nothing to report.
  expect(errors).toEqual([])
})

test('[Z23] as shipped, a head may take 10 s and a request 60 s', () => {
  expect(httpLimits).toMatchObject({ headersTimeout: 10_000, requestTimeout: 60_000, maxHeaderSize: 16 * 1024 })
})

test('[Z19] [Z23] a body that goes on beyond the limit is refused at the limit, and its connection closed', async () => {
  const store = await openSample()
  const server = await serveWithin(httpLimits, store, { port: await freePort(), actions: { addHost } })
  onTestFinished(() => server.close())
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  const head = `POST /state/call/addHost HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  for (const [announced, piece] of [
    ['transfer-encoding: chunked\r\n\r\n', chunk],
    [`content-length: ${2 ** 40}\r\n\r\n`, chunk],
  ] as const) {
    const answer = await dribble(server.port, head + announced, piece)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    expect(answer).toContain('BODY_TOO_LARGE')
  }
})
