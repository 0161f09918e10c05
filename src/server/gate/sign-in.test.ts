import { expect, test } from 'vitest'
import { isHoldfastError } from '../../base/error.ts'
import { createAuthenticate } from './authenticate.ts'
import { headFromNode } from './request-head.ts'
import { loadOrCreateToken } from './secret.ts'
import { SignIn, type SignInOptions } from './sign-in.ts'

const token = loadOrCreateToken(undefined)
const clock = { now: () => 1_764_323_696_000, elapsed: () => 0 }
const bare = headFromNode({ method: 'POST', url: '/', rawHeaders: [] })
const options: SignInOptions = { token, storeId: 'abc', base: '/state', isSecure: false, clock }

test('[Z8] the code of a link is exchanged for a cookie that is then proof', async () => {
  const signIn = new SignIn(options)
  const [path, code] = signIn.path().split('#')
  expect(path).toBe('/state/sign-in')
  const { status, cookies, body } = await signIn.exchange({ code }, bare)
  expect([status, body]).toEqual([204, []])
  const [cookie = '', ...others] = cookies ?? []
  expect(others).toEqual([])
  expect(cookie).toMatch(/^holdfast-abc=v1\.\S+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/)
  const head = headFromNode({ method: 'GET', url: '/', rawHeaders: ['Cookie', cookie.split(';')[0] as string] })
  expect(createAuthenticate({ token, storeId: 'abc', clock })(head)).toEqual({ visitor: { by: 'cookie' }, via: 'cookie' })
})

test('[Z8] a code that was used, and what is none, are refused with 401', async () => {
  const signIn = new SignIn(options)
  const code = signIn.path().split('#')[1]
  await signIn.exchange({ code }, bare)
  for (const body of [{ code }, {}, null, undefined, 'x', [], { code: 1 }, { code: '' }, { code: null }]) {
    let refusal: unknown
    try {
      await signIn.exchange(body, bare)
    } catch (error) {
      refusal = error
    }
    expect(isHoldfastError(refusal, 'CODE_INVALID') && refusal.traits.httpStatus).toBe(401)
  }
})

test('[Z8] by HTTPS the cookie is for HTTPS only, and it may be kept to a path', async () => {
  const signIn = new SignIn({ ...options, isSecure: true, cookiePath: '/state' })
  const { cookies } = await signIn.exchange({ code: signIn.path().split('#')[1] }, bare)
  expect(cookies?.join()).toMatch(/; Path=\/state; .*; Secure$/)
})

test('[Z8] neither page nor link holds the token, and the page is the same for everybody', () => {
  const signIn = new SignIn(options)
  const page = JSON.stringify(signIn.page().headers) + Buffer.concat(signIn.page().body as Uint8Array[]).toString()
  expect(page + signIn.path()).not.toContain(token)
  expect(new SignIn({ ...options, token: 'x' }).page()).toEqual(signIn.page())
})
