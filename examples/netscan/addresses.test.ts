import { expect, test } from 'vitest'
import { createAddressOrder } from './addresses.ts'

test.each([
  ['IPv4 by number', ['9.0.0.1', '10.0.0.2', '10.0.0.10', '10.0.0.100', '127.0.0.1']],
  ['IPv6 by number, however it is written', ['::1', '::9', '::a', '::10', 'fd00::ffff', 'fd00:0:0:0:0:0:1:0', 'fe80::1']],
  ['IPv4 first', ['255.255.255.254', '::', '::1']],
  ['one address on two links', ['fe80::1', 'fe80::1%eth0', 'fe80::1%eth1']],
  ['what is no address last', ['ff02::1', '', 'nas.lan']],
])('%s', (_, sorted) => {
  expect(sorted.toReversed().toSorted(createAddressOrder())).toEqual(sorted)
  expect(sorted.toSorted(createAddressOrder())).toEqual(sorted)
})
