import { expect, test } from 'vitest'
import { begin } from '../../../test/support/replica-scene.ts'
import { Channel, commitEvent, cursor, putHost, setTitle, settle, snapshotText } from '../../../test/support/scripted-wire.ts'

test('[H1] a half snapshot is never visible, and one that ends before its end is none', async () => {
  const { replica, wire, clock } = begin()
  const text = snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } })
  const asked = await wire.snapshots.next()
  const channel = new Channel<string>(asked.options.signal)
  asked.answer(channel)
  channel.send(text.slice(0, -5))
  await settle()
  expect(replica.status.state).toBe('hydrating')
  expect(replica.title.get()).toBeUndefined()
  channel.end()
  await settle()
  expect(replica.title.get()).toBeUndefined()
  expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'ANSWER_INVALID' } })

  // Whole lines, and the one before each is whole as well.
  for (const end of [text.indexOf('[""'), text.indexOf('{"end"')]) {
    await clock.pass(2000)
    await wire.serveSnapshot(text.slice(0, end))
    expect(replica.status).toMatchObject({ state: 'offline', error: { code: 'ANSWER_INVALID' } })
    expect(replica.title.get()).toBeUndefined()
  }

  await clock.pass(5000)
  await wire.serveSnapshot(text)
  expect(replica.title.get()).toBe('five')
  await replica.ready
})

test('[X28] what is committed while the snapshot travels comes after it: none lost, none twice, in order', async () => {
  const { replica, wire } = begin()
  const seen: (number | undefined)[] = []
  replica.subscribe((commit) => seen.push(commit?.revision))
  await wire.serveSnapshot(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
  const feed = await wire.openFeed()
  expect(feed.after).toBe(cursor(5))
  feed.send(commitEvent(5, [setTitle('five')]), commitEvent(6, [setTitle('six')]), commitEvent(7, [setTitle('seven')]))
  feed.send(commitEvent(6, [setTitle('six')]), commitEvent(8, [putHost('b', 'up')]))
  await settle()
  expect(seen).toEqual([undefined, 6, 7, 8])
  expect(replica.title.get()).toBe('seven')
})

test('[H5] a line that does not parse is left out and reported', async () => {
  const { replica, wire, errors } = begin()
  const text = snapshotText({
    revision: 5,
    items: {
      lines: [
        [1, 's', 1, 1000, 'one'],
        [2, 's', 2, 2000, 'two'],
      ],
    },
  })
  await wire.serveSnapshot(text.replace('"one"', '"one'))
  expect(replica.lines.read().map(({ value }) => value)).toEqual(['two'])
  expect(errors).toMatchObject([{ code: 'VALUE_INVALID', details: { kind: 'lines' } }])
})

test('[H3] only the chosen kinds are asked for, and reading another one says so', async () => {
  const { replica, wire } = begin({ kinds: { title: true, lines: { last: 2 }, hosts: false } })
  const asked = await wire.snapshots.next()
  expect(asked.subject.kinds).toEqual(['title', 'lines'])
  expect(() => replica.hosts.get('a')).toThrow(
    expect.objectContaining({ code: 'KIND_UNKNOWN', details: { kind: 'hosts', declared: ['title', 'lines'] } }),
  )
})
