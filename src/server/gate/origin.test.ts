import { describe, expect, test } from 'vitest'
import { foreignOrigins, guestOrigins, ownNames } from '../../../test/support/foreign-heads.ts'
import { corsHeaders, readGuestOrigins } from './guest-origins.ts'
import { createOriginCheck, refuseLink } from './origin.ts'
import { createOwnNames } from './own-names.ts'
import type { Refusal } from './refusal.ts'
import { headFromNode, type RequestHead } from './request-head.ts'

const names = createOwnNames({ port: () => 4173, names: ownNames })
const guests = readGuestOrigins(guestOrigins)
const check = createOriginCheck({ names, guests })

function headOf(rawHeaders: readonly string[], method = 'GET'): RequestHead {
  return headFromNode({ method, url: '/', rawHeaders: [...rawHeaders] })
}

const judge = (origin: string): Refusal | undefined => check(headOf(['Origin', origin], 'POST'))

test.each([
  'http://127.0.0.1:4173',
  'http://localhost:4173',
  'http://[::1]:4173',
  'http://nas.lan:4173',
  'https://nas.lan:4173',
  'https://app.example',
  'https://dashboard.example',
  'http://localhost:5173',
  'tauri://localhost',
])('[Z5] origins that may: %s', (origin) => {
  expect(judge(origin)).toBeUndefined()
})

test('[Z5] on port 80 the origin has no port', () => {
  const onPort80 = createOriginCheck({ names: createOwnNames({ port: () => 80, names: [] }), guests })
  expect(onPort80(headOf(['Origin', 'http://localhost']))).toBeUndefined()
  expect(onPort80(headOf(['Origin', 'http://localhost:80']))?.status).toBe(403)
})

describe('origins that may not', () => {
  test('[Z5] enough of them are known', () => {
    expect(new Set(foreignOrigins).size).toBeGreaterThanOrEqual(40)
  })

  test.each(foreignOrigins)('[Z5] %j, which gets no header that would let it read either', (origin) => {
    expect(judge(origin)).toMatchObject({ allowed: false, status: 403, code: 'ORIGIN_REFUSED' })
    expect(corsHeaders(headOf(['Origin', origin]), guests)).toEqual({ vary: 'Origin' })
  })

  test('[Z5] two at once', () => {
    const rawHeaders = ['Origin', 'https://dashboard.example', 'Origin', 'https://dashboard.example']
    expect(check(headOf(rawHeaders))?.status).toBe(403)
    expect(corsHeaders(headOf(rawHeaders), guests)).toEqual({ vary: 'Origin' })
  })
})

describe('requests without an origin', () => {
  test.each([[], ['Sec-Fetch-Site', 'same-origin'], ['Sec-Fetch-Site', 'none']])(
    '[Z4] of programs, users and own pages: %j %j',
    (...rawHeaders) => {
      expect(check(headOf(rawHeaders))).toBeUndefined()
      expect(refuseLink(headOf(rawHeaders), guests)).toBeUndefined()
    },
  )

  test.each(['cross-site', 'same-site', 'Cross-Site', '', 'evil', 'same-origin, cross-site'])(
    '[Z4] of images and scripts on other pages: %j',
    (site) => {
      const rawHeaders = ['Sec-Fetch-Site', site, 'Sec-Fetch-Mode', 'no-cors', 'Sec-Fetch-Dest', 'image']
      expect(check(headOf(rawHeaders))).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' })
      expect(check(headOf(['Sec-Fetch-Site', 'same-origin', ...rawHeaders]))?.status).toBe(403)
    },
  )

  const link = ['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document']

  test('[Z4] of links on other pages that are followed: to open routes only', () => {
    expect(check(headOf(link))).toBeUndefined()
    expect(check(headOf(link, 'HEAD'))).toBeUndefined()
    expect(refuseLink(headOf(link), guests)?.status).toBe(403)
  })

  test('[Z4] of forms, frames and embedded objects on other pages', () => {
    expect(check(headOf(link, 'POST'))?.status).toBe(403)
    for (const destination of ['iframe', 'frame', 'object', 'embed', 'script', '']) {
      expect(check(headOf([...link.slice(0, 5), destination]))?.status).toBe(403)
    }
    expect(check(headOf(link.slice(0, 4)))?.status).toBe(403)
  })
})

test('[Z5] an own origin does not excuse a request that a browser calls cross-site; a configured one does', () => {
  const crossSite = ['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Dest', 'empty']
  expect(check(headOf(['Origin', 'http://localhost:4173', ...crossSite]))?.status).toBe(403)
  expect(check(headOf(['Origin', 'https://dashboard.example', ...crossSite]))).toBeUndefined()
  expect(refuseLink(headOf(['Origin', 'https://dashboard.example', ...crossSite]), guests)).toBeUndefined()
})

describe('headers that let an origin read', () => {
  test('[Z5] name the one configured origin, never any', () => {
    expect(corsHeaders(headOf(['Origin', 'https://dashboard.example']), guests)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': 'https://dashboard.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'etag, holdfast-cursor, holdfast-reset, retry-after',
    })
  })

  test('[Z5] are not for own origins, which need none, nor for requests without one', () => {
    expect(corsHeaders(headOf(['Origin', 'http://127.0.0.1:4173']), guests)).toEqual({ vary: 'Origin' })
    expect(corsHeaders(headOf([]), guests)).toEqual({ vary: 'Origin' })
  })

  test('[Z5] answer a preflight', () => {
    const asked = ['Origin', 'http://localhost:5173', 'Access-Control-Request-Method', 'POST']
    expect(corsHeaders(headOf(asked, 'OPTIONS'), guests)).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, holdfast-request, if-none-match, last-event-id',
      'access-control-max-age': '600',
    })
    expect(corsHeaders(headOf(asked), guests)).not.toHaveProperty('access-control-allow-methods')
  })
})

test.each([
  '*',
  'null',
  '',
  'dashboard.example',
  'https://dashboard.example/',
  'https://*.example',
  'HTTPS://dashboard.example',
  'https://dashboard.example:443',
  'https://user@dashboard.example',
  'https://Dashboard.example',
  'file://',
  'file://host',
  'https://',
  'https://a b',
])('[Z5] a configured origin must be one that a browser sends: %j', (origin) => {
  expect(() => readGuestOrigins([origin])).toThrow(/Expected "origins" to be exact origins/)
})
