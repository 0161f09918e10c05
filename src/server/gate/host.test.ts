import { describe, expect, test } from 'vitest'
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

/** With port 4173 and the configured name nas.lan. */
const refused: readonly string[] = [
  // Another port, or none.
  '127.0.0.1',
  'localhost',
  '[::1]',
  '127.0.0.1:80',
  '127.0.0.1:4174',
  '127.0.0.1:417',
  '127.0.0.1:41730',
  '127.0.0.1:04173',
  '127.0.0.1:+4173',
  '127.0.0.1:4173 ',
  '127.0.0.1:',
  '127.0.0.1:0x104d',
  '127.0.0.1:4173:4173',
  'localhost:65536',
  // Other writings of loopback addresses.
  '0.0.0.0:4173',
  '127.1:4173',
  '127.0.1:4173',
  '127.0.0.2:4173',
  '2130706433:4173',
  '0x7f000001:4173',
  '0177.0.0.1:4173',
  '127.0.0.01:4173',
  '[::]:4173',
  '[::ffff:127.0.0.1]:4173',
  '[::ffff:7f00:1]:4173',
  '[0:0:0:0:0:0:0:1]:4173',
  '[::1%lo]:4173',
  '::1:4173',
  '::1',
  '[::1:4173',
  '0:4173',
  // Names that lead to a loopback address.
  'evil.example:4173',
  '127.0.0.1.nip.io:4173',
  'localhost.evil:4173',
  'localhost.evil.example:4173',
  'evil.localhost:4173',
  'localhost.localdomain:4173',
  'ip6-localhost:4173',
  'lvh.me:4173',
  'xlocalhost:4173',
  'localhostx:4173',
  'localhost.:4173',
  '127.0.0.1.:4173',
  'nas.lan.:4173',
  'nas.lan',
  'x.nas.lan:4173',
  'nas.lan.evil:4173',
  'nasxlan:4173',
  // More than a host.
  'user@127.0.0.1:4173',
  'evil.example@127.0.0.1:4173',
  '127.0.0.1:4173@evil.example',
  'http://127.0.0.1:4173',
  '//127.0.0.1:4173',
  '127.0.0.1:4173/',
  '127.0.0.1:4173#',
  '127.0.0.1:4173?',
  '127.0.0.1:4173,evil.example',
  '127.0.0.1:4173, 127.0.0.1:4173',
  'evil.example 127.0.0.1:4173',
  '127.0.0.1\t:4173',
  '127.0.0.1:4173\0',
  '*',
  '*:4173',
  '',
  ' ',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  // Full-width digits and letters, and a soft hyphen.
  '\uff11\uff12\uff17.0.0.1:4173',
  '\uff4cocalhost:4173',
  'local\u00adhost:4173',
]

describe('hosts that are not', () => {
  test('[Z2] enough of them are known', () => {
    expect(new Set(refused).size).toBeGreaterThanOrEqual(60)
  })

  test.each(refused)('[Z2] %j', (host) => {
    expect(judge([host], { names: ['nas.lan'] })).toMatchObject({ allowed: false, status: 421, code: 'HOST_REFUSED' })
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
