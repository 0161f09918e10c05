import { expect, test } from 'vitest'
import { begin, live } from '../../test/support/replica-scene.ts'
import { commitEvent, cursor, putHost, setTitle, settle, snapshotText } from '../../test/support/scripted-wire.ts'

const host = ['b', 3, 3000, { address: 'b', status: 'up' }]

test('[H3] a page is kept until a commit changes its kind', async () => {
  const { replica, wire, feed } = await live()
  const first = replica.hosts.page({ limit: 1 })
  const again = replica.hosts.page({ limit: 1 })
  const asked = await wire.pages.next()
  expect(asked.subject).toEqual({ kind: 'hosts', query: { limit: 1 } })
  asked.answer({ cursor: cursor(5), items: [host], next: 'more' })
  const page = await first
  expect(page).toEqual({ items: [host[3]], next: 'more', cursor: cursor(5) })
  expect(Object.isFrozen(page) && Object.isFrozen(page.items)).toBe(true)
  expect(await again).toBe(page)
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  expect(await replica.hosts.page({ limit: 1 })).toBe(page)
  feed.send(commitEvent(7, [putHost('c', 'up')]))
  await settle()
  const newer = replica.hosts.page({ limit: 1 })
  ;(await wire.pages.next()).answer({ cursor: cursor(9), items: [], next: null })
  expect(await newer).toEqual({ items: [], next: undefined, cursor: cursor(9) })
  // It was read after this commit.
  feed.send(commitEvent(8, [putHost('d', 'up')]))
  await settle()
  expect(await replica.hosts.page({ limit: 1 })).toBe(await newer)
})

test('[H3] a page of a kind that is not followed is kept until anything is heard', async () => {
  const { replica, wire } = begin({ kinds: { title: true } })
  await wire.serveSnapshot(snapshotText({ revision: 5 }))
  const feed = await wire.openFeed()
  const page = replica.lines.page({ stream: 's' })
  ;(await wire.pages.next()).answer({ cursor: cursor(5), items: [[4, 's', 3, 3000, 'four']], next: null })
  expect((await page).items).toEqual([{ seq: 4, stream: 's', value: 'four', revision: 3, at: 3000 }])
  expect(replica.lines.page({ stream: 's' })).toBe(page)
  feed.send({ event: 'bookmark', id: cursor(6), data: '0' })
  await settle()
  expect(replica.lines.page({ stream: 's' })).not.toBe(page)
  ;(await wire.pages.next()).answer({ cursor: cursor(6), items: [], next: null })
})

test('[F7] a record whose value stays home is fetched once for each of its revisions', async () => {
  const { replica, wire, feed } = await live()
  const first = replica.hosts.fetch('b')
  const asked = await wire.details.next()
  expect(asked.subject).toEqual({ kind: 'hosts', key: 'b' })
  asked.answer({ cursor: cursor(5), item: host })
  expect(await first).toEqual(host[3])
  feed.send(commitEvent(6, [{ kind: 'hosts', op: 'put', key: 'c' }]))
  await settle()
  expect(replica.hosts.fetch('b')).toBe(first)
  feed.send(commitEvent(7, [{ kind: 'hosts', op: 'put', key: 'b' }]))
  await settle()
  const newer = replica.hosts.fetch('b')
  ;(await wire.details.next()).answer({ cursor: cursor(7), item: null })
  expect(await newer).toBeUndefined()
})

test('an answer that was under way when its record changed is not kept', async () => {
  const { replica, wire, feed } = await live()
  const early = replica.hosts.fetch('b')
  const asked = await wire.details.next()
  feed.send(commitEvent(6, [putHost('b', 'down')]))
  await settle()
  asked.answer({ cursor: cursor(5), item: host })
  expect(await early).toEqual(host[3])
  void replica.hosts.fetch('b')
  expect(wire.details.waiting).toBe(1)
  ;(await wire.details.next()).answer({ cursor: cursor(6), item: null })
})

test('a failed read rejects and is not kept; a closed replica reads nothing', async () => {
  const { replica, wire } = await live()
  const failed = replica.hosts.page()
  ;(await wire.pages.next()).refuse(new TypeError('fetch failed'))
  await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE' })
  const open = replica.hosts.page()
  open.catch(() => undefined)
  await wire.pages.next()
  replica.close()
  await expect(open).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
  await expect(replica.hosts.fetch('x')).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
})

test('a reset lets go of all of them', async () => {
  const { replica, wire, feed } = await live()
  const first = replica.title.fetch()
  ;(await wire.details.next()).answer({ cursor: cursor(5), item: ['', 5, 5000, 'five'] })
  expect(await first).toBe('five')
  feed.send({ event: 'reset', data: '{"code":"CURSOR_EXPIRED","message":"","details":{}}' })
  await wire.serveSnapshot(snapshotText({ revision: 8 }))
  void replica.title.fetch()
  ;(await wire.details.next()).answer({ cursor: cursor(8), item: null })
})
