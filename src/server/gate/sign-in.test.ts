import { expect, test } from 'vitest'
import { isHoldfastError } from '../../base/error.ts'
import { createAuthenticate } from './authenticate.ts'
import { headFromNode } from './request-head.ts'
import { loadOrCreateToken } from './secret.ts'
import { SignIn, type SignInOptions } from './sign-in.ts'

const token = loadOrCreateToken(undefined)
const clock = { now: () => 1_764_323_696_000, elapsed: () => 0 }
const options: SignInOptions = { token, storeId: 'abc', base: '/state', isSecure: false, clock }

test('[Z8] the code of a link is exchanged for a cookie that is then proof', () => {
  const signIn = new SignIn(options)
  const [path, code] = signIn.path().split('#')
  expect(path).toBe('/state/sign-in')
  const { status, headers, body } = signIn.exchange({ code })
  expect([status, body]).toEqual([204, []])
  const cookie = headers['set-cookie'] as string
  expect(cookie).toMatch(/^holdfast-abc=v1\.\S+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/)
  const head = headFromNode({ method: 'GET', url: '/', rawHeaders: ['Cookie', cookie.split(';')[0] as string] })
  expect(createAuthenticate({ token, storeId: 'abc', clock })(head)).toEqual({ by: 'cookie' })
})

test('[Z8] a code that was used, and what is none, are refused with 401', () => {
  const signIn = new SignIn(options)
  const code = signIn.path().split('#')[1]
  signIn.exchange({ code })
  for (const body of [{ code }, {}, null, undefined, 'x', [], { code: 1 }, { code: '' }, { code: null }]) {
    let refusal: unknown
    try {
      signIn.exchange(body)
    } catch (error) {
      refusal = error
    }
    expect(isHoldfastError(refusal, 'CODE_INVALID') && refusal.traits.httpStatus).toBe(401)
  }
})

test('[Z8] by HTTPS the cookie is for HTTPS only, and it may be kept to a path', () => {
  const signIn = new SignIn({ ...options, isSecure: true, cookiePath: '/state' })
  const { headers } = signIn.exchange({ code: signIn.path().split('#')[1] })
  expect(headers['set-cookie']).toMatch(/; Path=\/state; .*; Secure$/)
})

test('[Z8] neither page nor link holds the token, and the page is the same for everybody', () => {
  const signIn = new SignIn(options)
  const page = JSON.stringify(signIn.page().headers) + Buffer.concat(signIn.page().body as Uint8Array[]).toString()
  expect(page + signIn.path()).not.toContain(token)
  expect(new SignIn({ ...options, token: 'x' }).page()).toEqual(signIn.page())
})
