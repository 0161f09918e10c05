/** Whatever names the server wrongly, or comes from elsewhere, against a server: by each way in, as the bytes that come over a socket. */
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { mangledHeads, type RawHead } from '../support/mangled-heads.ts'
import { foreignHosts, foreignOrigins, guestOrigins, onPort, ownNames } from '../support/foreign-heads.ts'
import { upgradeHeaders } from '../support/upgrade-headers.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'
import { pairOf } from './served-club.ts'

interface Way {
  readonly name: string
  readonly target: string
  readonly headers: readonly string[]
  /** Of who is let in. */
  readonly welcome: number
  /** Of a foreign host, and of a foreign origin; Engine.IO has one answer for all that it refuses. */
  readonly refused: readonly [host: number, origin: number]
}

const ways: readonly Way[] = [
  { name: 'a request', target: '/state/snapshot', headers: [], welcome: 200, refused: [421, 403] },
  { name: 'an upgrade', target: '/state/feed', headers: upgradeHeaders, welcome: 101, refused: [421, 403] },
  { name: 'Engine.IO by polling', target: '/socket.io/?EIO=4&transport=polling', headers: [], welcome: 200, refused: [403, 403] },
  {
    name: 'Engine.IO by WebSocket',
    target: '/socket.io/?EIO=4&transport=websocket',
    headers: upgradeHeaders,
    welcome: 101,
    refused: [400, 400],
  },
]

/** Sends a head on a connection of its own; answers with the status, and leaves. */
async function sendLines(port: number, lines: readonly string[]): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.write([...lines, '', ''].join('\r\n'))
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(bytes.toString('latin1'))?.[1])
}

function send(port: number, { target, headers }: Way, own: readonly string[]): Promise<number> {
  return sendLines(port, [`GET ${target} HTTP/1.1`, ...headers, ...own])
}

/** The cookie of a browser that the owner signed in. */
async function signIn({ url, handler }: Everywhere): Promise<string> {
  const [address = '', code] = handler.signInPath().split('#')
  const headers = { 'holdfast-request': '1', 'content-type': 'application/json' }
  const answer = await fetch(`${url}${address}`, { method: 'POST', headers, body: JSON.stringify({ code }) })
  return pairOf(answer.headers.getSetCookie()[0])
}

/** What the parser of HTTP takes as it is: it takes space off the ends. */
const isKept = (text: string): boolean => text === text.trim()

test('[Z2] [Z5] [Z6] no host and no origin that is refused gets in by another way: request, WebSocket, Socket.IO by either transport', async () => {
  const place = await Everywhere.serve(await openState(everything), { names: ownNames, origins: guestOrigins })
  const { port, token } = place
  const own = `Host: 127.0.0.1:${port}`
  const known = `Authorization: Bearer ${token}`
  const hosts = onPort(foreignHosts, port).filter(isKept)
  const origins = onPort(foreignOrigins, port).filter(isKept)
  const heads = [
    ...hosts.map((host) => ({ isHost: true, lines: [`Host: ${host}`, known] })),
    { isHost: true, lines: [own, 'Host: evil.example', known] },
    ...origins.map((origin) => ({ isHost: false, lines: [own, known, `Origin: ${origin}`] })),
    { isHost: false, lines: [own, known, `Origin: http://127.0.0.1:${port}`, 'Origin: http://evil.example'] },
  ]
  expect(heads.length).toBeGreaterThan(120)
  const answers = await Promise.all(
    ways.flatMap((way) => heads.map(async ({ isHost, lines }) => [way, isHost, lines, await send(port, way, lines)] as const)),
  )
  for (const [{ name, refused }, isHost, lines, status] of answers) {
    // The parser of HTTP refuses a NUL by itself.
    const expected = lines.join('').includes('\0') ? 400 : refused[isHost ? 0 : 1]
    expect([name, lines, status]).toEqual([name, lines, expected])
  }
  expect([place.handler.streams, place.io.engine.clientsCount, place.errors]).toEqual([0, 0, []])
  // None of it is refused for something else.
  for (const way of ways) expect([way.name, await send(port, way, [own, known])]).toEqual([way.name, way.welcome])
})

test('[Z6] a cookie alone opens no WebSocket of Socket.IO either: browsers add it whatever page asks, and programs have the token', async () => {
  const place = await Everywhere.serve(await openState(everything))
  const { port, url, io, handler } = place
  const own = [`Host: 127.0.0.1:${port}`, `Cookie: ${await signIn(place)}`]
  for (const way of ways.filter(({ headers: asked }) => asked === upgradeHeaders)) {
    expect([way.name, await send(port, way, own)]).toEqual([way.name, way.refused[1]])
    expect([handler.streams, io.engine.clientsCount]).toEqual([0, 0])
    expect([way.name, await send(port, way, [...own, `Origin: ${url}`])]).toEqual([way.name, way.welcome])
    await expect.poll(() => handler.streams).toBe(0)
  }
})

test(
  '[Z3] five thousand mangled heads, as they come over sockets, are each answered, and none fails the server',
  { timeout: 60_000 },
  async () => {
    const place = await Everywhere.serve(await openState(everything), { origins: guestOrigins, maxStreams: 5000 })
    const { port, token } = place
    const cookie = await signIn(place)
    const [cookieName = ''] = cookie.split('=')
    const seed = Number(process.env['HOLDFAST_SEED'] ?? 7)
    const left = fc.sample(mangledHeads({ port, cookieName, cookie, token }), { numRuns: 5000, seed })
    const answers: (readonly [number, RawHead])[] = []
    const lane = async (): Promise<void> => {
      for (let head = left.pop(); head !== undefined; head = left.pop()) {
        const { method, target, rawHeaders } = head
        const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []))
        answers.push([await sendLines(port, [`${method} ${target} HTTP/1.1`, ...fields]), head])
      }
    }
    await Promise.all(Array.from({ length: 32 }, lane))
    expect(answers).toHaveLength(5000)
    const counts = Map.groupBy(answers, ([status]) => status)
    for (const status of [200, 400, 401, 403, 404, 421]) expect(counts.get(status)?.length ?? 0, String(status)).toBeGreaterThan(20)
    expect(answers.filter(([status]) => !(status < 500)).slice(0, 3)).toEqual([])
    expect(place.errors).toEqual([])
    await expect.poll(() => place.handler.streams).toBe(0)
    expect(await send(port, ways[0] as Way, [`Host: 127.0.0.1:${port}`, `Cookie: ${cookie}`])).toBe(200)
  },
)
