import { expect, test } from 'vitest'
import { formatClock } from '../text/moments.ts'
import { type Connection, describeConnection, readConnection } from './connection.ts'
import type { Status } from './netscan-replica.ts'
import { standIn } from './stand-in.ts'

const never = new Promise<void>(() => undefined)

test('there is something to show once the replica is ready, and it stays through a lost connection', async () => {
  const first = Promise.withResolvers<void>()
  const { replica, become } = standIn(first.promise)
  let time = 1_000
  const connection = readConnection(replica, () => time)
  expect(connection.get()).toEqual({ state: 'connecting', revision: undefined, hasData: false, lastLiveAt: undefined })
  first.resolve()
  await first.promise
  become({ state: 'live', revision: 7 })
  time = 5_000
  become({ state: 'resuming' })
  time = 9_000
  become({ state: 'offline' })
  expect(connection.get()).toEqual({ state: 'offline', revision: 7, hasData: true, lastLiveAt: 5_000 })
})

test('a replica that is never ready has nothing to show, and says no more than its status', async () => {
  const refused = Promise.reject(new Error('refused'))
  const { replica, become } = standIn(refused)
  const connection = readConnection(replica, () => 0)
  become({ state: 'refused' })
  await refused.catch(() => undefined)
  expect(connection.get()).toMatchObject({ state: 'refused', hasData: false })
})

test('the reading is the same object until something changes, and listeners can leave', () => {
  const { replica, become } = standIn(never)
  const connection = readConnection(replica, () => 0)
  const before = connection.get()
  expect(connection.get()).toBe(before)
  let told = 0
  const leave = connection.subscribe(() => told++)
  become({ state: 'live' })
  leave()
  become({ state: 'offline' })
  expect(told).toBe(1)
  expect(connection.get()).not.toBe(before)
})

const at = new Date(2026, 10, 27, 14, 3, 9).getTime()

test.each<[Status['state'], string, Connection['hasData'], string]>([
  ['live', 'Live', true, ''],
  ['connecting', 'Connecting', false, ''],
  ['hydrating', 'Loading', true, 'As it was at 14:03:09.'],
  ['resuming', 'Reconnecting', true, 'As it was at 14:03:09.'],
  ['offline', 'Offline', false, ''],
  ['refused', 'Signed out', true, 'As it was at 14:03:09.'],
  ['outdated', 'New version', true, 'netscan was updated.'],
  ['closed', 'Closed', false, ''],
])('in words: %s', (state, label, hasData, detail) => {
  expect(formatClock(at)).toBe('14:03:09')
  expect(describeConnection({ state, hasData, revision: 1, lastLiveAt: at })).toMatchObject({ label, detail })
})
