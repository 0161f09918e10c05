import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mangledHeads } from '../../../test/support/mangled-heads.ts'
import { cookieName, issueCookie } from './cookie.ts'
import { createGate, type Entry, type GuardedRoute, type Refusal } from './gate.ts'
import { headFromNode, type RequestHead } from './request-head.ts'
import { loadOrCreateToken } from './secret.ts'

const token = loadOrCreateToken(undefined)
const clock = { now: () => 1_764_323_696_000 }
const name = cookieName('abc')
const cookie = `${name}=${issueCookie({ name, token, nowMs: clock.now() })}`
const gate = createGate({ token, storeId: 'abc', port: () => 4173, names: ['nas.lan'], origins: ['https://dashboard.example'], clock })

const open: GuardedRoute = { auth: 'open', changesState: false }
const read: GuardedRoute = { auth: 'token', changesState: false }
const write: GuardedRoute = { auth: 'token', changesState: true }
const exchange: GuardedRoute = { auth: 'code', changesState: true }

interface Given {
  readonly method?: string
  readonly target?: string
  readonly host?: string
}

function headOf(rawHeaders: readonly string[] = [], { method = 'GET', target = '/', host = '127.0.0.1:4173' }: Given = {}): RequestHead {
  return headFromNode({ method, url: target, rawHeaders: ['Host', host, ...rawHeaders] })
}

const bearer = ['Authorization', `Bearer ${token}`]
const json = ['Content-Type', 'application/json']
const ours = ['Holdfast-Request', '1']
const ownPage = ['Origin', 'http://127.0.0.1:4173', 'Sec-Fetch-Site', 'same-origin']
const otherPage = ['Origin', 'http://evil.example', 'Sec-Fetch-Site', 'cross-site']

const verdict = (result: Entry | Refusal): string => (result.allowed ? `by ${result.visitor?.by}` : `${result.status} ${result.code}`)

describe('who may pass', () => {
  test.each<[string, string, RequestHead, GuardedRoute]>([
    ['by undefined', 'anybody, where it is open', headOf(), open],
    ['by token', 'a program', headOf(bearer), read],
    ['by token', 'a program that changes something', headOf([...bearer, ...json], { method: 'POST' }), write],
    ['by cookie', 'the page', headOf(['Cookie', cookie]), read],
    ['by cookie', 'the page that changes something', headOf(['Cookie', cookie, ...ownPage, ...json, ...ours], { method: 'POST' }), write],
    ['by undefined', 'the sign-in page', headOf([...ownPage, ...json, ...ours], { method: 'POST' }), exchange],
    ['by token', 'a configured site', headOf(['Origin', 'https://dashboard.example', 'Sec-Fetch-Site', 'cross-site', ...bearer]), read],
    ['401 UNAUTHENTICATED', 'nobody', headOf(), read],
    ['401 UNAUTHENTICATED', 'a wrong token', headOf(['Authorization', 'Bearer x']), read],
    ['401 UNAUTHENTICATED', 'nobody, changing', headOf([], { method: 'POST' }), write],
    ['403 REQUEST_REFUSED', 'a cookie without the header', headOf(['Cookie', cookie, ...json], { method: 'POST' }), write],
    ['403 REQUEST_REFUSED', 'a code without the header', headOf(json, { method: 'POST' }), exchange],
    ['415 UNSUPPORTED_MEDIA_TYPE', 'text', headOf([...bearer, 'Content-Type', 'text/plain'], { method: 'POST' }), write],
    ['403 REQUEST_REFUSED', 'another method on a route that reads', headOf(['Cookie', cookie], { method: 'PUT' }), read],
    ['403 ORIGIN_REFUSED', 'another site with the cookie', headOf([...otherPage, 'Cookie', cookie]), read],
    ['403 ORIGIN_REFUSED', 'another site with the token', headOf([...otherPage, ...bearer]), read],
    ['403 ORIGIN_REFUSED', 'another site, where it is open', headOf(otherPage), open],
    ['403 ORIGIN_REFUSED', 'another port of this host', headOf(['Sec-Fetch-Site', 'same-site', 'Cookie', cookie]), read],
    ['421 HOST_REFUSED', 'another name', headOf(bearer, { host: 'evil.example:4173' }), read],
    ['421 HOST_REFUSED', 'another name, where it is open', headOf([], { host: 'evil.example:4173' }), open],
    ['400 TOKEN_IN_ADDRESS', 'a token in the query', headOf(bearer, { target: `/?token=${token}` }), read],
    ['400 TOKEN_IN_ADDRESS', 'a token in the path, where it is open', headOf([], { target: `/${token}` }), open],
  ])('[Z1] %s: %s', (wanted, _, head, route) => {
    expect(verdict(gate.check(head, route))).toBe(wanted)
  })

  test('[Z2] a host is refused before routing, then an origin, then a token in the address', () => {
    expect(verdict(gate.checkFirst(headOf()))).toBe('by undefined')
    expect(verdict(gate.checkFirst(headOf(otherPage, { host: 'evil', target: `/${token}` })))).toBe('421 HOST_REFUSED')
    expect(verdict(gate.checkFirst(headOf(otherPage, { target: `/${token}` })))).toBe('403 ORIGIN_REFUSED')
    expect(verdict(gate.checkFirst(headOf([], { target: `/nowhere?access_token=${token}` })))).toBe('400 TOKEN_IN_ADDRESS')
  })

  test('[Z4] forms, images and scripts of another site change and read nothing, whatever cookie a browser adds', () => {
    const types = ['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded']
    for (const type of types) {
      const form = ['Cookie', cookie, 'Content-Type', type]
      expect(verdict(gate.check(headOf([...form, 'Origin', 'null'], { method: 'POST' }), write))).toBe('403 ORIGIN_REFUSED')
      expect(verdict(gate.check(headOf(form, { method: 'POST' }), write))).toBe('403 REQUEST_REFUSED')
    }
    for (const destination of ['image', 'script', 'iframe', 'empty']) {
      const load = ['Cookie', cookie, 'Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'no-cors', 'Sec-Fetch-Dest', destination]
      expect(verdict(gate.check(headOf(load), read))).toBe('403 ORIGIN_REFUSED')
    }
  })

  test('[Z4] a link on another site leads to open routes only', () => {
    const link = ['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document', 'Cookie', cookie]
    expect(verdict(gate.check(headOf(link), open))).toBe('by undefined')
    expect(verdict(gate.check(headOf(link), read))).toBe('403 ORIGIN_REFUSED')
    expect(verdict(gate.check(headOf([...link, ...json, ...ours]), exchange))).toBe('403 ORIGIN_REFUSED')
  })

  test('[Z6] an upgrade passes the same gate', () => {
    const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'websocket']
    expect(verdict(gate.check(headOf([...upgrade, 'Cookie', cookie, 'Origin', 'http://127.0.0.1:4173']), read))).toBe('by cookie')
    expect(verdict(gate.check(headOf([...upgrade, ...bearer]), read))).toBe('by token')
    expect(verdict(gate.check(headOf([...upgrade, 'Cookie', cookie]), read))).toBe('403 REQUEST_REFUSED')
    expect(verdict(gate.check(headOf([...upgrade, 'Cookie', cookie, 'Origin', 'http://localhost:5173']), read))).toBe('403 ORIGIN_REFUSED')
    expect(verdict(gate.check(headOf([...upgrade, 'Cookie', cookie, 'Origin', 'http://192.168.1.5:4173']), read))).toBe(
      '403 ORIGIN_REFUSED',
    )
    expect(verdict(gate.check(headOf([...upgrade, 'Origin', 'http://127.0.0.1:4173']), read))).toBe('401 UNAUTHENTICATED')
  })
})

test('[Z1] who is unknown learns nothing: there is no error for a body', () => {
  expect(gate.check(headOf(), read)).toEqual({
    allowed: false,
    status: 401,
    code: 'UNAUTHENTICATED',
    headers: { 'www-authenticate': 'Bearer' },
    error: undefined,
  })
  expect(gate.check(headOf([], { host: 'evil' }), read)).toMatchObject({ status: 421, headers: {}, error: { code: 'HOST_REFUSED' } })
})

test('[Z5] every reply has the headers of caution, and none that lets others read unless they were configured', () => {
  const caution = {
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'Origin',
  }
  for (const head of [headOf(), headOf(ownPage), headOf(otherPage), headOf(['Origin', 'null']), headOf(['Origin', '*'])]) {
    expect(gate.headersFor(head)).toEqual(caution)
  }
  expect(gate.headersFor(headOf(['Origin', 'https://dashboard.example']))).toMatchObject({
    ...caution,
    'access-control-allow-origin': 'https://dashboard.example',
  })
})

test('[Z25] no refusal shows a token or a cookie', () => {
  const heads = [
    headOf(bearer, { host: 'evil' }),
    headOf([...otherPage, ...bearer, 'Cookie', cookie]),
    headOf(bearer, { target: `/?token=${token}` }),
    headOf(['Authorization', `Basic ${token}`]),
    headOf(['Cookie', cookie], { method: 'POST' }),
  ]
  for (const head of heads) {
    const result = JSON.stringify(gate.check(head, write))
    expect(result).toContain('"allowed":false')
    expect(result).not.toContain(token)
    expect(result).not.toContain(cookie)
  }
})

describe('anything at all', () => {
  const requests = fc.record({
    head: mangledHeads({ port: 4173, cookieName: name, cookie, token }),
    route: fc.constantFrom(open, read, write, exchange),
  })

  test('[Z3] never throws, and lets nobody pass without proof: 100,000 requests', { timeout: 120_000 }, () => {
    const reached = new Map<string, number>()
    fc.assert(
      fc.property(requests, ({ head: { method, target, rawHeaders }, route }) => {
        const head = headFromNode({ method, url: target, rawHeaders: [...rawHeaders] })
        const result = gate.check(head, route)
        const key = result.allowed ? `by ${result.visitor?.by}` : String(result.status)
        reached.set(key, (reached.get(key) ?? 0) + 1)
        if (!gate.checkFirst(head).allowed && result.allowed) throw new Error('passed without the first check')
        if (result.allowed && route.auth === 'token' && result.visitor === undefined) throw new Error('passed without proof')
        const allowOrigin = gate.headersFor(head)['access-control-allow-origin']
        if (allowOrigin !== undefined && allowOrigin !== 'https://dashboard.example') throw new Error(`let ${allowOrigin} read`)
        // What the gate lets pass is an address that can be routed.
        if (result.allowed) new URL(head.target, 'http://any')
        JSON.stringify(result)
      }),
      { numRuns: 100_000 },
    )
    for (const rare of ['by undefined', 'by cookie', '400', '401', '403', '415', '421'])
      expect(reached.get(rare) ?? 0, rare).toBeGreaterThan(20)
  })
})
