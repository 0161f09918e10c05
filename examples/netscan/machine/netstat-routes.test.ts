import { expect, test } from 'vitest'
import { parseNetstat } from './netstat-routes.ts'

const printed = `Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
127                127.0.0.1          UCS                   lo0
127.0.0.1          127.0.0.1          UH                    lo0
169.254            link#11            UCS                   en0      !
192.168.1          link#11            UCS                   en0      !
192.168.1.1/32     link#11            UCS                   en0      !

Internet6:
Destination                             Gateway                                 Flags               Netif Expire
default                                 fe80::%utun0                            UGcIg               utun0
::1                                     ::1                                     UHL                   lo0
fe80::%lo0/64                           fe80::1%lo0                             UcI                   lo0
ff00::/8                                ::1                                     UmCI                  lo0
`

test('abbreviated destinations are written out and single neighbours left out', () => {
  expect(parseNetstat(printed).map((route) => `${route.destination} ${route.gateway} ${route.interface}`)).toEqual([
    '0.0.0.0/0 192.168.1.1 en0',
    '127.0.0.0/8 127.0.0.1 lo0',
    '169.254.0.0/16 null en0',
    '192.168.1.0/24 null en0',
    '192.168.1.1/32 null en0',
    '::/0 fe80::%utun0 utun0',
    'fe80::/64 fe80::1%lo0 lo0',
  ])
})
