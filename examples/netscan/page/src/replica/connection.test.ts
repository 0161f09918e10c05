import { expect, test } from 'vitest'
import type { ReplicaStatus } from '../holdfast.ts'
import { formatClock } from '../text/moments.ts'
import { type Connection, describeConnection, nameCarrier, readConnection } from './connection.ts'

const status = { cursor: undefined, transport: undefined, error: undefined, lagMs: 0 } as const

test('there is something to show from the first snapshot on, and it stays through a lost connection', () => {
  const nothing = readConnection({ ...status, state: 'hydrating', revision: undefined })
  expect(nothing).toMatchObject({ state: 'hydrating', hasData: false })
  const live: ReplicaStatus = { ...status, state: 'live', revision: 0, transport: 'sse' }
  expect(readConnection(live)).toEqual({ state: 'live', hasData: true, heardAt: undefined, transport: 'sse' })
  const lost = readConnection({ ...live, state: 'offline', lagMs: 60_000 })
  expect(lost).toMatchObject({ state: 'offline', hasData: true })
  expect(Date.now() - (lost.heardAt ?? 0)).toBeGreaterThanOrEqual(60_000)
})

test('a commit changes nothing of it', () => {
  const live: ReplicaStatus = { ...status, state: 'live', revision: 7, cursor: 'a', transport: 'sse' }
  expect(readConnection({ ...live, revision: 8, cursor: 'b' })).toEqual(readConnection(live))
})

const at = new Date(2026, 10, 27, 14, 3, 9).getTime()

test.each<[Connection['state'], string, Connection['hasData'], string]>([
  ['connecting', 'Connecting', false, ''],
  ['hydrating', 'Loading', true, 'As it was at 14:03:09.'],
  ['resuming', 'Reconnecting', true, 'As it was at 14:03:09.'],
  ['offline', 'Offline', false, ''],
  ['refused', 'Signed out', true, 'As it was at 14:03:09.'],
  ['outdated', 'New version', true, 'netscan was updated.'],
  ['closed', 'Closed', false, ''],
])('in words: %s', (state, label, hasData, detail) => {
  expect(formatClock(at)).toBe('14:03:09')
  expect(describeConnection({ state, hasData, transport: 'sse', heardAt: at })).toMatchObject({ label, detail })
})

test('in words: live, and by what', () => {
  const live: Connection = { state: 'live', hasData: true, transport: 'websocket', heardAt: undefined }
  expect(describeConnection(live)).toMatchObject({ label: 'Live', detail: '' })
  expect(nameCarrier(live)).toBe('by WebSocket')
  expect(nameCarrier({ transport: undefined })).toBe('')
})
