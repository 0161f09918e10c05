import { expect, test } from 'vitest'
import type { Topology } from '../../../state.ts'
import { drawNetwork, nameDestination } from './picture.ts'

const route = (destination: string, gateway: string | null, on: string, metric = 0): Topology['routes'][number] => ({
  destination,
  gateway,
  interface: on,
  metric,
})
const topology = (routes: Topology['routes']): Topology => ({
  hostname: 'box',
  platform: 'linux',
  interfaces: [
    { name: 'lo', mac: '', internal: true, cidrs: ['127.0.0.1/8'] },
    { name: 'docker0', mac: '', internal: false, cidrs: [] },
    { name: 'eth0', mac: '', internal: false, cidrs: ['FE80::1/64', '2001:db8::2/64', '10.0.0.5/24'] },
  ],
  routes,
})

test('the best default route is the way out, that of IPv4 first', () => {
  const routes = [
    route('::/0', 'fe80::9', 'eth0', 1),
    route('0.0.0.0/0', '10.0.0.2', 'wlan0', 600),
    route('0.0.0.0/0', '10.0.0.1', 'eth0', 100),
  ]
  expect(drawNetwork(topology(routes)).wayOut).toEqual({ interface: 'eth0', gateway: '10.0.0.1' })
})

test('a default route without a gateway, and none at all, lead nowhere', () => {
  expect(drawNetwork(topology([route('0.0.0.0/0', null, 'eth0')])).wayOut).toBeUndefined()
  expect(drawNetwork(topology([])).wayOut).toBeUndefined()
})

test('interfaces that lead out come first, internal ones last, and addresses that reach furthest', () => {
  const { interfaces } = drawNetwork(topology([route('0.0.0.0/0', '10.0.0.1', 'eth0')]))
  expect(interfaces.map((one) => [one.name, one.isWayOut])).toEqual([
    ['eth0', true],
    ['docker0', false],
    ['lo', false],
  ])
  expect(interfaces[0]?.cidrs).toEqual(['10.0.0.5/24', '2001:db8::2/64', 'FE80::1/64'])
})

test('destinations', () => {
  expect(['0.0.0.0/0', '::/0', '10.0.0.0/24'].map(nameDestination)).toEqual(['everywhere (IPv4)', 'everywhere (IPv6)', '10.0.0.0/24'])
})
