import { expect, test } from 'vitest'
import type { Host, Port } from '../../../state.ts'
import { arrangeHosts, type HostChoice } from './arrange-hosts.ts'

const host = (address: string, rest: Partial<Host> = {}): Host => ({
  address,
  names: [],
  status: 'up',
  reason: 'syn-ack',
  scanId: 'a',
  ...rest,
})

const port = (address: string, number: number, rest: Partial<Port> = {}): Port => ({
  id: `${address}/tcp/${number}`,
  address,
  port: number,
  state: 'open',
  service: '',
  product: '',
  scanId: 'a',
  firstSeenAt: 1,
  lastSeenAt: 1,
  ...rest,
})

const hosts = [
  host('10.0.0.10', { names: ['nas.lan'], lastSeenAt: 3 }),
  host('fe80::1', { lastSeenAt: 9 }),
  host('10.0.0.9', { lastSeenAt: 5 }),
  host('10.0.0.2', { status: 'down', reason: 'no-response' }),
]
const ports = [
  port('10.0.0.10', 443, { service: 'https', product: 'nginx' }),
  port('10.0.0.10', 22, { service: 'ssh' }),
  port('10.0.0.9', 22, { service: 'ssh', product: 'OpenSSH' }),
  port('10.0.0.9', 80, { state: 'closed' }),
  port('10.0.0.2', 80),
]

const arrange = (choice: Partial<HostChoice> = {}): (string | number)[][] =>
  arrangeHosts(hosts, ports, { search: '', order: 'address', withDown: false, ...choice }).groups.map((group) => [
    group.host.address,
    ...group.ports.map((one) => one.port),
  ])

test('hosts that are up by address, IPv4 first, each with its open ports by number', () => {
  expect(arrange()).toEqual([['10.0.0.9', 22], ['10.0.0.10', 22, 443], ['fe80::1']])
})

test('addresses are in the order of their numbers, whatever they are written like', () => {
  const found = ['fe80::10', '10.0.0.100', 'fe80::a', '9.9.9.9', '10.0.0.20'].map((address) => host(address))
  const { groups } = arrangeHosts(found, [], { search: '', order: 'recent', withDown: false })
  expect(groups.map((group) => group.host.address)).toEqual(['9.9.9.9', '10.0.0.20', '10.0.0.100', 'fe80::a', 'fe80::10'])
})

test('hosts that are down are shown when asked for, and have no open ports', () => {
  expect(arrange({ withDown: true })[0]).toEqual(['10.0.0.2'])
})

test('the figures count what is there, not what is shown', () => {
  const { up, down, open } = arrangeHosts(hosts, ports, { search: 'nginx', order: 'address', withDown: false })
  expect({ up, down, open }).toEqual({ up: 3, down: 1, open: 3 })
})

test.each<[HostChoice['order'], string[]]>([
  ['ports', ['10.0.0.10', '10.0.0.9', 'fe80::1']],
  ['recent', ['fe80::1', '10.0.0.9', '10.0.0.10']],
])('in the order of %s', (order, addresses) => {
  expect(arrange({ order }).map(([address]) => address)).toEqual(addresses)
})

test.each<[string, (string | number)[][]]>([
  ['  NAS ', [['10.0.0.10', 22, 443]]],
  [
    '22',
    [
      ['10.0.0.9', 22],
      ['10.0.0.10', 22],
    ],
  ],
  ['nas ssh', [['10.0.0.10', 22]]],
  ['nginx', [['10.0.0.10', 443]]],
  ['telnet', []],
])('a search for %j', (search, found) => {
  expect(arrange({ search })).toEqual(found)
})
