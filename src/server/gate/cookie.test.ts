import { expect, test } from 'vitest'
import { readCookie, serializeCookie } from './cookie-header.ts'
import { cookieLifetimeMs, cookieName, type CookieSecret, isCookieValid, issueCookie } from './cookie.ts'

const secret: CookieSecret = { name: 'holdfast-abc', token: 'T'.repeat(43), nowMs: Date.UTC(2026, 10, 1) }
const dayMs = 24 * 60 * 60 * 1000

test('[Z8] a cookie is valid for whoever has the token, a process that knows nothing else included', () => {
  const value = issueCookie(secret)
  expect(value).toMatch(/^v1\.[\w-]{22}\.[0-9a-z]+\.[\w-]{43}$/)
  expect(isCookieValid(value, { ...secret })).toBe(true)
  // What a process of an earlier version issued, and may have died since.
  const earlier = 'v1.AAAAAAAAAAAAAAAAAAAAAA.mvx2cqo0.SwTaKMn93KCTEQ2tSpV4aiB29PK66ELl_FcnDYp31HE'
  expect(isCookieValid(earlier, secret)).toBe(true)
})

test('[Z24] each sign-in gets a cookie of its own', () => {
  expect(new Set(Array.from({ length: 100 }, () => issueCookie(secret))).size).toBe(100)
})

test('[Z8] a cookie ends 30 days after the sign-in', () => {
  const value = issueCookie(secret)
  const after = (ms: number): boolean => isCookieValid(value, { ...secret, nowMs: secret.nowMs + ms })
  expect(cookieLifetimeMs).toBe(30 * dayMs)
  expect([after(0), after(29 * dayMs), after(30 * dayMs - 1), after(30 * dayMs), after(300 * dayMs)]).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})

test('[Z8] a cookie from the future is valid a few minutes ahead, and no more', () => {
  const value = issueCookie(secret)
  const before = (ms: number): boolean => isCookieValid(value, { ...secret, nowMs: secret.nowMs - ms })
  expect([before(5 * 60_000), before(5 * 60_000 + 1), before(dayMs)]).toEqual([true, false, false])
})

test('[Z8] another token, another store and every changed character make it void', () => {
  const value = issueCookie(secret)
  expect(isCookieValid(value, { ...secret, token: 'U'.repeat(43) })).toBe(false)
  expect(isCookieValid(value, { ...secret, name: 'holdfast-abd' })).toBe(false)
  for (let at = 0; at < value.length; at += 1) {
    for (const other of ['A', 'B', '0', '.', '_', '', 'é', '\0'].filter((text) => text !== value[at])) {
      const changed = value.slice(0, at) + other + value.slice(at + 1)
      expect(isCookieValid(changed, secret), changed).toBe(false)
    }
  }
})

test('[Z8] a cookie whose date was moved is void, however the date is written', () => {
  const [version, nonce, issued, signature] = issueCookie(secret).split('.') as [string, string, string, string]
  const later = (secret.nowMs + dayMs).toString(36)
  for (const date of [later, `0${issued}`, issued.toUpperCase(), `+${issued}`, `${issued}.0`, '', 'zzzzzzzzzz']) {
    expect(isCookieValid(`${version}.${nonce}.${date}.${signature}`, secret), date).toBe(false)
  }
})

test.each(['', '.', '...', 'v1...', 'v1', 'v2.AAAAAAAAAAAAAAAAAAAAAA.mhfrykg0.x', 'x'.repeat(100_000), '\u{1f36a}'])(
  '[Z3] no cookie: %#',
  (value) => {
    expect(isCookieValid(value, secret)).toBe(false)
  },
)

test('[Z8] the name carries the store, and nothing that would end the name', () => {
  expect(cookieName('Ab_9-x')).toBe('holdfast-Ab_9-x')
  for (const id of ['', 'a b', 'a;b', 'a=b', 'a\r\nSet-Cookie: b', 'é', 'a'.repeat(65)])
    expect(cookieName(id)).toMatch(/^holdfast-[\w-]{22}$/)
})

test('[Z8] the header: out of reach of scripts, of other sites and of other paths', () => {
  const place = { name: 'holdfast-abc', path: '/state', isSecure: false }
  expect(serializeCookie('v', place)).toBe('holdfast-abc=v; Path=/state; Max-Age=2592000; HttpOnly; SameSite=Strict')
  expect(serializeCookie('v', { ...place, isSecure: true })).toBe(
    'holdfast-abc=v; Path=/state; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure',
  )
})

const accept = (value: string): boolean => value.startsWith('good')

test.each([
  [['a=good'], 'good'],
  [['b=1; a=good; c=2'], 'good'],
  [['b=1;a=good'], 'good'],
  [[' a = good ; '], 'good'],
  [['a=bad; a=good1; a=good2'], 'good1'],
  [['a=bad', 'a=good'], 'good'],
  [['a=good=1'], 'good=1'],
  [['A=good'], undefined],
  [['xa=good; a.=good; ax=good'], undefined],
  [['good'], undefined],
  [['a'], undefined],
  [['=good'], undefined],
  [['a=bad'], undefined],
  [[''], undefined],
  [[';;;;'], undefined],
  [[], undefined],
])('[Z8] of the cookies %j the first valid one with the name counts: %j', (headers, value) => {
  expect(readCookie(headers, 'a', accept)).toBe(value)
})

test('[Z23] cookies of more than 8 KiB count as none, and many of one name take no time', () => {
  const fill = (length: number): string => `a=good; b=${'x'.repeat(length - 10)}`
  expect(readCookie([fill(8192)], 'a', accept)).toBe('good')
  expect(readCookie([fill(8193)], 'a', accept)).toBeUndefined()
  expect(readCookie([fill(4097), fill(4096)], 'a', accept)).toBeUndefined()
  const startedAt = performance.now()
  expect(readCookie(['a;'.repeat(5_000_000)], 'a', accept)).toBeUndefined()
  for (let i = 0; i < 100; i += 1) readCookie(['a=;'.repeat(2730)], 'a', (value) => isCookieValid(value, secret))
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
