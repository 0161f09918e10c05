import { expect, test } from 'vitest'
import { parseIpv4Routes, parseIpv6Routes } from './linux-routes.ts'

// As printed by a Linux 6 kernel with one Ethernet interface.
const ipv4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`

const ipv6 = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`

test('the default route and the link route are read from /proc/net/route', () => {
  expect(parseIpv4Routes(ipv4)).toEqual([
    { destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 100 },
    { destination: '192.0.2.0/24', gateway: null, interface: 'eth0', metric: 0 },
  ])
})

test('own addresses, multicast and the rejecting route are left out of /proc/net/ipv6_route', () => {
  expect(parseIpv6Routes(ipv6)).toEqual([
    { destination: 'fd00::/64', gateway: null, interface: 'eth0', metric: 256 },
    { destination: '::/0', gateway: 'fd00::1', interface: 'eth0', metric: 1024 },
  ])
})

test('empty, cut and foreign text gives no routes and no error', () => {
  for (const text of ['', '\n\n', 'Iface', ipv4.slice(0, 100), 'eth0\tzzzzzzzz\t0\t1\n'.repeat(2)]) {
    expect(parseIpv4Routes(text)).toEqual([])
    expect(parseIpv6Routes(text)).toEqual([])
  }
})
