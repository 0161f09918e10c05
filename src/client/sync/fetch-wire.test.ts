import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { cursor, snapshotText } from '../../../test/support/scripted-wire.ts'
import { ReplicaError } from '../replica-error.ts'
import { FetchWire } from './fetch-wire.ts'
import type { WireOptions } from './wire.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

interface Loopback {
  readonly wire: FetchWire
  readonly requests: IncomingMessage[]
  /** Resolves when a client has left a response before its end. */
  readonly left: Promise<void>
}

/** A server on the loopback that answers each request so, and a wire to it. */
async function loopback(answer: Answer, token?: string): Promise<Loopback> {
  const requests: IncomingMessage[] = []
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    requests.push(request)
    response.on('close', () => {
      if (!response.writableEnded) leave()
    })
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => answer(request, response, Buffer.concat(pieces).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const { port } = server.address() as AddressInfo
  const wire = new FetchWire({ url: `http://127.0.0.1:${port}/state/`, token, fetch: (url, init) => fetch(url, init) })
  return { wire, requests, left }
}

function options(): WireOptions & { readonly controller: AbortController; activity: number } {
  const controller = new AbortController()
  const counted = { controller, signal: controller.signal, activity: 0, onActivity: () => void (counted.activity += 1) }
  return counted
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

test('a snapshot comes as text, whatever the pieces its bytes come in', async () => {
  const text = snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'fünf 🙂']] } })
  const bytes = Buffer.from(text)
  const { wire, requests } = await loopback((_, response) => {
    let at = 0
    const next = (): void => {
      if (at >= bytes.length) response.end()
      else response.write(bytes.subarray(at, (at += 7)), () => setImmediate(next))
    }
    next()
  })
  const given = options()
  const pieces = await collect(await wire.snapshot({ state: 'sample@1', kinds: ['title', 'hosts'] }, given))
  expect(pieces.join('')).toBe(text)
  expect(given.activity).toBeGreaterThan(1)
  expect(requests[0]?.url).toBe('/state/snapshot?state=sample%401&kinds=title%2Chosts')
})

test('the feed comes as messages, several lines of data as one, comments as none', async () => {
  const { wire, requests } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(': hello\n\nid: a.1.b\ndata: [1,2]\n\nevent: snap')
    setImmediate(() => response.end('shot\ndata: one\ndata: two\n\ndata: cut off'))
  })
  const events = await collect(await wire.feed({ after: cursor(5), kinds: ['title'] }, options()))
  expect(events).toEqual([
    { id: 'a.1.b', event: undefined, data: '[1,2]' },
    { id: undefined, event: 'snapshot', data: 'one\ntwo' },
  ])
  expect(requests[0]?.headers.accept).toBe('text/event-stream')
  expect(new URL(requests[0]?.url ?? '', 'http://a').searchParams.get('after')).toBe(cursor(5))
})

test('what is no feed is refused, such as the page of a program that answers everything', async () => {
  const { wire, left } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.write('<!doctype html>')
  })
  const given = options()
  await expect(wire.feed({}, given)).rejects.toMatchObject({ code: 'ANSWER_INVALID' })
  given.controller.abort()
  await left
})

test('a poll has its lines and where to go on from, also when there was nothing', async () => {
  const answers = ['["c",1]\n', '']
  const { wire, requests } = await loopback((_, response) => {
    const text = answers.shift() ?? ''
    response.writeHead(text === '' ? 204 : 200, { 'holdfast-cursor': `after${answers.length}` }).end(text)
  })
  expect(await wire.changes({ after: 'a', waitMs: 0 }, options())).toEqual({ text: '["c",1]\n', cursor: 'after1' })
  expect(await wire.changes({ after: 'a', waitMs: 25_000 }, options())).toEqual({ text: '', cursor: 'after0' })
  expect(requests.map(({ url }) => url)).toEqual(['/state/changes?after=a&waitMs=0', '/state/changes?after=a&waitMs=25000'])
})

test('a call is posted as JSON, with the header that no other site can send', async () => {
  const { wire, requests } = await loopback(
    (request, response, body) => response.end(JSON.stringify({ value: JSON.parse(body) as unknown, cursor: request.url })),
    'secret',
  )
  const answer = await wire.call('start', { id: 'x', input: { a: 1 } }, options())
  expect(answer).toEqual({ value: { id: 'x', input: { a: 1 } }, cursor: '/state/call/start' })
  expect(requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'holdfast-request': '1',
    authorization: 'Bearer secret',
  })
  expect(requests[0]?.method).toBe('POST')
})

test('[R2] pages and records are asked for by kind, and frozen', async () => {
  const { wire, requests } = await loopback((_, response) =>
    response.end('{"cursor":"c","items":[["a",1,2,{"b":[1]}]],"next":null,"item":null}'),
  )
  const page = await wire.page('hosts', { index: 'byStatus', equals: ['up'] }, options())
  const value = page.items[0]?.[3]
  expect(value).toEqual({ b: [1] })
  expect(Object.isFrozen(value) && Object.isFrozen((value as { b: unknown }).b)).toBe(true)
  await wire.detail('hosts', 'ä&b', options())
  const asked = requests.map(({ url }) => new URL(url ?? '', 'http://a'))
  expect(asked.map(({ pathname }) => pathname)).toEqual(['/state/page', '/state/detail'])
  expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({ kind: 'hosts', query: '{"index":"byStatus","equals":["up"]}' })
  expect(Object.fromEntries(asked[1]?.searchParams ?? [])).toEqual({ kind: 'hosts', key: 'ä&b' })
})

test.each([
  [
    'an error of the server',
    409,
    '{"code":"CURSOR_DIVERGED","message":"no","details":{"a":1}}',
    {},
    { code: 'CURSOR_DIVERGED', details: { a: 1 }, status: 409 },
  ],
  [
    'one with a time to wait',
    503,
    '{"code":"QUEUE_FULL","message":"no","details":{}}',
    { 'retry-after': '2' },
    { code: 'QUEUE_FULL', retryAfterMs: 2000 },
  ],
  ['nobody known', 401, '', {}, { code: 'SIGN_IN_NEEDED', status: 401 }],
  ['what stands in between', 502, '<html>', {}, { code: 'UNREACHABLE', status: 502 }],
])('%s is told by its status and body', async (_, status, body, headers, expected) => {
  const { wire } = await loopback((_request, response) => response.writeHead(status, headers).end(body))
  const error: unknown = await wire.snapshot({}, options()).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ReplicaError)
  expect(error).toMatchObject(expected)
})

test('[F2] leaving the loop, or aborting, closes the connection', async () => {
  const stream: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\ndata: 2\n\n')
  }
  const first = await loopback(stream)
  for await (const event of await first.wire.feed({}, options())) {
    expect(event.data).toBe('1')
    break
  }
  await first.left

  const second = await loopback(stream)
  const given = options()
  const events: string[] = []
  const reading = (async () => {
    for await (const { data } of await second.wire.feed({}, given)) {
      events.push(data)
      if (data === '2') given.controller.abort(new Error('enough'))
    }
  })()
  await expect(reading).rejects.toThrow('enough')
  expect(events).toEqual(['1', '2'])
  await second.left
})

test('a connection that breaks is an error, not an end', async () => {
  const { wire } = await loopback((_, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await expect(collect(await wire.snapshot({}, options()))).rejects.toThrow()
})
