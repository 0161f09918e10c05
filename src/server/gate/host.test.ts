import { describe, expect, test } from 'vitest'
import { foreignHosts, ownNames } from '../../../test/support/foreign-heads.ts'
import { createHostCheck } from './host.ts'
import { createOwnNames } from './own-names.ts'
import type { Refusal } from './refusal.ts'
import { headFromNode } from './request-head.ts'

interface Served {
  readonly port?: number
  readonly names?: readonly string[]
  readonly isSecure?: boolean
}

function judge(hosts: readonly string[], { port = 4173, names = [], isSecure }: Served = {}, target = '/'): Refusal | undefined {
  const check = createHostCheck(createOwnNames({ port: () => port, names, isSecure }))
  return check(headFromNode({ method: 'GET', url: target, rawHeaders: hosts.flatMap((host) => ['Host', host]) }))
}

describe('hosts that are this server', () => {
  test.each(['127.0.0.1:4173', '[::1]:4173', 'localhost:4173', 'LOCALHOST:4173', 'LocalHost:4173'])('[Z2] %s', (host) => {
    expect(judge([host])).toBeUndefined()
  })

  test.each(['127.0.0.1', '[::1]', 'localhost', '127.0.0.1:80', 'localhost:80'])('[Z2] on port 80: %s', (host) => {
    expect(judge([host], { port: 80 })).toBeUndefined()
  })

  test.each([
    ['nas.lan', 'nas.lan:4173'],
    ['nas.lan', 'NAS.LAN:4173'],
    ['NAS.lan', 'nas.lan:4173'],
    ['nas.lan:8443', 'nas.lan:8443'],
    ['nas.lan:443', 'nas.lan'],
    ['nas.lan:443', 'nas.lan:443'],
    ['nas.lan:80', 'nas.lan'],
    ['192.168.1.5', '192.168.1.5:4173'],
    ['[fe80::1]', '[fe80::1]:4173'],
  ])('[Z2] the configured name %s as %s', (name, host) => {
    expect(judge([host], { names: [name] })).toBeUndefined()
  })

  test('[Z2] by HTTPS a configured name without a port is one of port 443 too', () => {
    expect(judge(['nas.lan'], { names: ['nas.lan'], isSecure: true })).toBeUndefined()
    expect(judge(['nas.lan:4173'], { names: ['nas.lan'], isSecure: true })).toBeUndefined()
    expect(judge(['nas.lan'], { names: ['nas.lan'] })?.status).toBe(421)
    expect(judge(['localhost'], { names: ['nas.lan'], isSecure: true })?.status).toBe(421)
  })

  test('[Z2] the port may be known late', () => {
    let port = 0
    const check = createHostCheck(createOwnNames({ port: () => port, names: [] }))
    const head = headFromNode({ method: 'GET', url: '/', rawHeaders: ['Host', 'localhost:4173'] })
    expect(check(head)?.code).toBe('HOST_REFUSED')
    port = 4173
    expect(check(head)).toBeUndefined()
  })
})

describe('hosts that are not', () => {
  test('[Z2] enough of them are known', () => {
    expect(new Set(foreignHosts).size).toBeGreaterThanOrEqual(60)
  })

  test.each(foreignHosts)('[Z2] %j', (host) => {
    expect(judge([host], { names: ownNames })).toMatchObject({ allowed: false, status: 421, code: 'HOST_REFUSED' })
  })

  test('[Z2] none, and two, the same one twice included', () => {
    expect(judge([])?.status).toBe(421)
    expect(judge(['127.0.0.1:4173', 'evil.example'])?.status).toBe(421)
    expect(judge(['evil.example', '127.0.0.1:4173'])?.status).toBe(421)
    expect(judge(['127.0.0.1:4173', '127.0.0.1:4173'])?.status).toBe(421)
  })

  test('[Z2] letters that become ASCII in lower case are other letters', () => {
    expect(judge(['K.lan:4173'], { names: ['k.lan'] })).toBeUndefined()
    expect(judge(['\u212a.lan:4173'], { names: ['k.lan'] })?.status).toBe(421)
  })

  test('[Z2] a host is shown shortened in the error', () => {
    const { error } = judge(['x'.repeat(10_000)]) as Refusal
    expect(error?.message.length).toBeLessThan(400)
    expect(JSON.stringify(error).length).toBeLessThan(800)
  })
})

test.each([
  'http://evil.example/',
  'http://127.0.0.1:4173/',
  'HTTP://evil/',
  '//evil.example/',
  '/\\evil.example/',
  '\\evil',
  '*',
  '',
  'evil:80',
  '/a b',
  '/\u00e9',
  '/\t/evil',
])('[Z2] a target that is no plain path: %j', (target) => {
  expect(judge(['127.0.0.1:4173'], {}, target)).toMatchObject({ status: 421, code: 'HOST_REFUSED' })
})

test('[Z2] a target is as long as all headers of a request may be, and no longer', () => {
  expect(judge(['127.0.0.1:4173'], {}, `/${'a'.repeat(16 * 1024 - 1)}`)).toBeUndefined()
  expect(judge(['127.0.0.1:4173'], {}, `/${'a'.repeat(16 * 1024)}`)?.status).toBe(421)
})

test.each([
  '*',
  '*.lan',
  'http://nas.lan',
  'nas.lan/',
  'nas.lan.',
  '.lan',
  '',
  'a b',
  'user@nas.lan',
  'nas.lan:0',
  'nas.lan:70000',
  'nas.lan:x',
  '::1',
])('[Z2] a configured name must be one exact name: %j', (name) => {
  expect(() => createOwnNames({ port: () => 1, names: [name] })).toThrow(/Expected "names" to be exact host names/)
})
