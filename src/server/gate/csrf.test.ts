import { expect, test } from 'vitest'
import { refuseForgery, refuseUpgrade } from './csrf.ts'
import { headFromNode, type RequestHead } from './request-head.ts'

function headOf(...rawHeaders: string[]): RequestHead {
  return headFromNode({ method: 'POST', url: '/', rawHeaders })
}

const json = ['Content-Type', 'application/json']

test('[Z4] the token in a header is enough beside JSON, the cookie needs the header of ours, and so does a code', () => {
  expect(refuseForgery(headOf(...json), 'header')).toBeUndefined()
  expect(refuseForgery(headOf(...json, 'Holdfast-Request', '1'), 'cookie')).toBeUndefined()
  expect(refuseForgery(headOf(...json, 'Holdfast-Request', '1'), undefined)).toBeUndefined()
  for (const by of ['cookie', undefined] as const) {
    expect(refuseForgery(headOf(...json), by)).toMatchObject({ status: 403, code: 'REQUEST_REFUSED' })
  }
})

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/json ;charset=utf-8',
  'application/json;',
])('[Z4] JSON is %j', (type) => {
  expect(refuseForgery(headOf('content-type', type), 'header')).toBeUndefined()
})

test.each([
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'text/plain; application/json',
  'text/plain, application/json',
  'application/json, text/plain',
  'application/jsonp',
  'application/json+x',
  'application/json-seq',
  'application/ld+json',
  'text/json',
  ' application/json',
  '',
])('[Z4] JSON is not %j', (type) => {
  expect(refuseForgery(headOf('content-type', type), 'header')).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  expect(refuseForgery(headOf('content-type', type), 'cookie')).toMatchObject({ status: 403, code: 'REQUEST_REFUSED' })
})

test('[Z4] no type, and two types', () => {
  expect(refuseForgery(headOf(), 'header')?.status).toBe(415)
  expect(refuseForgery(headOf(...json, 'content-type', 'text/plain'), 'header')?.status).toBe(415)
})

test('[Z6] an upgrade has an origin, or the token in a header', () => {
  const upgrade = ['Upgrade', 'websocket', 'Connection', 'Upgrade']
  expect(refuseUpgrade(headOf(...upgrade), 'cookie')).toMatchObject({ status: 403, code: 'REQUEST_REFUSED' })
  expect(refuseUpgrade(headOf(...upgrade), undefined)?.status).toBe(403)
  expect(refuseUpgrade(headOf(...upgrade), 'header')).toBeUndefined()
  expect(refuseUpgrade(headOf(...upgrade, 'Origin', 'http://localhost:4173'), 'cookie')).toBeUndefined()
  expect(refuseUpgrade(headOf(), 'cookie')).toBeUndefined()
})
