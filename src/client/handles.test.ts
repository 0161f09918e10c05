import { expect, test } from 'vitest'
import { begin, live } from '../../test/support/replica-scene.ts'
import { commitEvent, putHost, settle, snapshotText } from '../../test/support/scripted-wire.ts'

test('before the first snapshot there is nothing, and no error', () => {
  const { replica } = begin()
  expect([replica.title.get(), replica.hosts.get('a'), replica.hosts.entry('a'), replica.hosts.size, replica.hosts.count()]).toEqual([
    undefined,
    undefined,
    undefined,
    0,
    0,
  ])
  expect(replica.hosts.find({ index: 'byStatus' })).toEqual({ items: [], next: undefined })
  expect(replica.lines.read()).toEqual([])
  expect(replica.status).toEqual({ state: 'connecting', lagMs: 0 })
})

test('[R2] each is the same object, and a replica is no promise', async () => {
  const { replica } = await live()
  expect(replica.hosts).toBe(replica.hosts)
  expect((replica as { then?: unknown }).then).toBeUndefined()
  expect(JSON.stringify(replica)).toBe('{"ready":{},"status":' + JSON.stringify(replica.status) + '}')
  expect((replica as never)['$$typeof']).toBeUndefined()
  expect(Object.isFrozen(replica.hosts)).toBe(true)
})

test('records, entries and logs follow the commits', async () => {
  const { replica, feed } = await live()
  feed.send(
    commitEvent(6, [putHost('b', 'down'), { kind: 'lines', op: 'append', seq: 1, stream: 's', value: 'one' }]),
    commitEvent(7, [
      { kind: 'hosts', op: 'delete', key: 'a' },
      { kind: 'title', op: 'delete', key: '' },
    ]),
    commitEvent(8, [
      { kind: 'lines', op: 'append', seq: 2, stream: 's', value: 'two' },
      { kind: 'lines', op: 'trim', stream: 's', through: 1 },
    ]),
  )
  await settle()
  expect(replica.hosts.entry('b')).toEqual({ value: { address: 'b', status: 'down' }, revision: 6, at: 6000 })
  expect(replica.hosts.find({ index: 'byStatus', equals: ['down'] }).items).toEqual([{ address: 'b', status: 'down' }])
  expect([replica.hosts.size, replica.title.get()]).toEqual([1, undefined])
  expect(replica.lines.read()).toEqual([{ seq: 2, stream: 's', value: 'two', revision: 8, at: 8000 }])
  expect([replica.lines.size, replica.lines.count({ stream: 's' }), replica.lines.count({ stream: 't' })]).toEqual([1, 1, 0])
})

test('[H3] a log holds so many of the newest entries of each stream as was asked for', async () => {
  const { replica, wire } = begin({ kinds: { lines: { last: 2 } } })
  const items = [1, 3, 5, 2, 4].map((seq) => [seq, seq % 2 === 1 ? 'odd' : 'even', seq, 1000, seq])
  await wire.serveSnapshot(snapshotText({ revision: 5, items: { lines: items } }))
  expect(replica.lines.read().map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
  const feed = await wire.openFeed()
  feed.send(commitEvent(6, [{ kind: 'lines', op: 'append', seq: 6, stream: 'even', value: '6' }]))
  await settle()
  expect(replica.lines.read().map(({ seq }) => seq)).toEqual([3, 4, 5, 6])
})
