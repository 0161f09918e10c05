import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { cursor, snapshotText } from '../../../test/support/scripted-wire.ts'
import { queryText } from '../../protocol/requests.ts'
import { ReplicaError } from '../replica-error.ts'
import { createEventReader, type FeedEvent } from './feed-events.ts'
import { createFetchWire } from './fetch-wire.ts'
import type { AnswerHeaders, Wire, WireOptions } from './wire.ts'

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void

interface Loopback {
  readonly wire: Wire
  readonly requests: IncomingMessage[]
  /** Resolves when a client has left a response before its end. */
  readonly left: Promise<void>
}

/** A server on the loopback that answers each request so, and a wire to it. */
async function loopback(respond: Respond, token?: string): Promise<Loopback> {
  const requests: IncomingMessage[] = []
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    requests.push(request)
    response.on('close', () => {
      if (!response.writableEnded) leave()
    })
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => respond(request, response, Buffer.concat(pieces).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const { port } = server.address() as AddressInfo
  const wire = createFetchWire({ url: `http://127.0.0.1:${port}/state`, token })
  return { wire, requests, left }
}

interface Told extends WireOptions {
  readonly controller: AbortController
  readonly lines: string[]
  readonly opened: AnswerHeaders[]
  activity: number
}

function options(): Told {
  const controller = new AbortController()
  const told: Told = {
    controller,
    signal: controller.signal,
    lines: [],
    opened: [],
    activity: 0,
    onActivity: () => void (told.activity += 1),
    onOpen: (headers) => told.opened.push(headers as AnswerHeaders),
    onLine: (line) => told.lines.push(line),
  }
  return told
}

test('a snapshot comes by lines, whatever the pieces its bytes come in', async () => {
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
  await wire(`snapshot?${queryText({ state: 'sample@1', kinds: ['title', 'hosts'], after: undefined })}`, given)
  expect(given.lines.join('\n')).toBe(text)
  expect(given.activity).toBeGreaterThan(1)
  expect(requests[0]?.url).toBe('/state/snapshot?state=sample%401&kinds=title%2Chosts')
})

test('the feed comes as messages, and comments as none', async () => {
  const { wire, requests } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(': hello\n\nid: a.1.b\ndata: [1,": 2"]\n\nevent: book')
    setImmediate(() => response.end('mark\ndata: 0\n\ndata: cut off'))
  })
  const events: FeedEvent[] = []
  const given = { ...options(), onLine: createEventReader((event) => events.push(event)) }
  await wire(`feed?after=${cursor(5)}`, given)
  expect(given.opened[0]?.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(events).toEqual([
    { id: 'a.1.b', data: '[1,": 2"]' },
    { event: 'bookmark', data: '0' },
  ])
  expect(new URL(requests[0]?.url ?? '', 'http://a').searchParams.get('after')).toBe(cursor(5))
})

test('what is told throws: the request ends with it', async () => {
  const { wire, left } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.write('<!doctype html>')
  })
  const { controller, ...given } = options()
  const onOpen = (headers?: AnswerHeaders): void => {
    throw new Error(`no ${headers?.get('content-type')}`)
  }
  await expect(wire('feed', { ...given, onOpen })).rejects.toThrow('no text/html')
  controller.abort()
  await left
})

test('a poll has its lines and where to go on from, also when there was nothing', async () => {
  const answers = ['["c",1]\n', '']
  const { wire, requests } = await loopback((_, response) => {
    const text = answers.shift() ?? ''
    response.writeHead(text === '' ? 204 : 200, { 'holdfast-cursor': `after${answers.length}` }).end(text)
  })
  const first = options()
  expect((await wire('changes?waitMs=0', first)).get('holdfast-cursor')).toBe('after1')
  expect(first.lines).toEqual(['["c",1]', ''])
  const second = options()
  expect((await wire('changes', second)).get('holdfast-cursor')).toBe('after0')
  expect(second.lines.join('')).toBe('')
  expect(requests.map(({ url }) => url)).toEqual(['/state/changes?waitMs=0', '/state/changes'])
})

test('a call is posted as JSON, with the header that no other site can send', async () => {
  const { wire, requests } = await loopback(
    (request, response, body) => response.end(JSON.stringify({ value: JSON.parse(body) as unknown, cursor: request.url })),
    'secret',
  )
  const given = options()
  await wire('call/start', given, { id: 'x', input: { a: 1 } })
  expect(JSON.parse(given.lines.join(''))).toEqual({ value: { id: 'x', input: { a: 1 } }, cursor: '/state/call/start' })
  expect(requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'holdfast-request': '1',
    authorization: 'Bearer secret',
  })
  expect(requests[0]?.method).toBe('POST')
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
  const error: unknown = await wire('snapshot', options()).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ReplicaError)
  expect(error).toMatchObject(expected)
})

test('[F2] aborting closes the connection', async () => {
  const { wire, left } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\ndata: 2\n\n')
  })
  const given = options()
  const onLine = (line: string): void => {
    given.lines.push(line)
    if (given.lines.length === 4) given.controller.abort(new Error('enough'))
  }
  await expect(wire('feed', { ...given, onLine })).rejects.toThrow('enough')
  expect(given.lines).toEqual(['data: 1', '', 'data: 2', ''])
  await left
})

test('a connection that breaks is an error, not an end', async () => {
  const { wire } = await loopback((_, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await expect(wire('snapshot', options())).rejects.toThrow()
})
