import { expect, test } from 'vitest'
import { createAuthenticate, refuseTokenInTarget } from './authenticate.ts'
import { cookieName, issueCookie } from './cookie.ts'
import { headFromNode } from './request-head.ts'
import { loadOrCreateToken } from './secret.ts'

const token = loadOrCreateToken(undefined)
const [storeId, name] = ['abc', cookieName('abc')]
const clock = { now: () => 1_764_323_696_000 }
const cookie = issueCookie({ name, token, nowMs: clock.now() })

function by(...rawHeaders: string[]): 'token' | 'cookie' | undefined {
  return createAuthenticate({ token, storeId, clock })(headFromNode({ method: 'GET', url: '/', rawHeaders }))?.visitor.by as never
}

test('[Z1] the token, with the scheme in any case', () => {
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER   ']) expect(by('Authorization', `${scheme}${token}`)).toBe('token')
})

test('[Z1] no token, and what is none', () => {
  expect(by()).toBeUndefined()
  const wrong = [
    '',
    token,
    `Basic ${token}`,
    `Bearer${token}`,
    'Bearer ',
    'Bearer',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Bearer ${token} `,
  ]
  for (const given of [...wrong, `Bearer ${token.toLowerCase()}`, `Bearer "${token}"`, `Bearer ${'x'.repeat(100_000)}`, 'Bearer \u00e9']) {
    expect(by('Authorization', given), given.slice(0, 60)).toBeUndefined()
  }
  expect(by('Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`)).toBeUndefined()
  expect(by('X-Token', token)).toBeUndefined()
})

test('[Z8] the cookie, also for a process that was started since', () => {
  expect(by('Cookie', `${name}=${cookie}`)).toBe('cookie')
  expect(by('Cookie', `a=b; ${name}=old; ${name}=${cookie}`)).toBe('cookie')
  expect(by('Cookie', `a=b`, 'Cookie', `${name}=${cookie}`)).toBe('cookie')
})

test('[Z8] cookies of others', () => {
  expect(by('Cookie', `holdfast-other=${cookie}`)).toBeUndefined()
  expect(by('Cookie', `${name}=${token}`)).toBeUndefined()
  expect(by('Cookie', `${name}=${issueCookie({ name, token: loadOrCreateToken(undefined), nowMs: clock.now() })}`)).toBeUndefined()
  expect(by('Cookie', `${name}=${issueCookie({ name: cookieName('other'), token, nowMs: clock.now() })}`)).toBeUndefined()
  expect(by('Cookie', `${name}=${issueCookie({ name, token, nowMs: clock.now() - 31 * 86_400_000 })}`)).toBeUndefined()
})

test('[Z1] a wrong token is not made good by a cookie; another scheme, as of a proxy, does not spoil it', () => {
  expect(by('Authorization', 'Bearer wrong', 'Cookie', `${name}=${cookie}`)).toBeUndefined()
  expect(by('Authorization', 'Basic eDp5', 'Cookie', `${name}=${cookie}`)).toBe('cookie')
})

const escaped = token.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)

test.each([
  `/?token=${token}`,
  '/state/feed?token=anything',
  '/?token=',
  '/?token',
  '/?a=1&access_token=x',
  '/?ACCESS_TOKEN=x',
  '/?%74oken=x',
  '/?a?b&token=x',
  `/?t=${token}`,
  `/${token}`,
  `/x/${token}/y`,
  `/?a=x${token}x`,
  `/?${token}=1`,
  `/?t=${escaped}`,
  `/?t=%${token.charCodeAt(0).toString(16).toUpperCase()}${token.slice(1)}`,
  `/?t=_-${token}-_`,
])('[Z8] a token in the address is refused: %#', (target) => {
  expect(refuseTokenInTarget(target, token)).toMatchObject({ status: 400, code: 'TOKEN_IN_ADDRESS' })
  expect(JSON.stringify(refuseTokenInTarget(target, token))).not.toContain(token)
})

test.each([
  '/',
  '/token',
  '/token=x',
  '/?tokens=x',
  '/?a=token',
  `/?a=${token.slice(1)}`,
  `/?a=${token.slice(0, 42)}.`,
  `/?a=${'x'.repeat(43)}`,
  '/?%',
  '/?%E0%A4%A',
])('[Z8] other addresses are not: %#', (target) => {
  expect(refuseTokenInTarget(target, token)).toBeUndefined()
})
