import { expect, test } from 'vitest'
import { begin, live } from '../../../test/support/replica-scene.ts'
import { commitEvent, setTitle, settle, snapshotText } from '../../../test/support/scripted-wire.ts'

test('[X36] one that throws is reported, and changes nothing for the others', async () => {
  const { replica, feed, errors } = await live()
  const told: string[] = []
  const fault = new Error('mine')
  replica.title.subscribe(() => {
    throw fault
  })
  replica.title.subscribe(() => told.push('title'))
  replica.subscribe(() => {
    throw fault
  })
  replica.subscribe(() => told.push('all'))
  replica.onStatus(() => {
    throw fault
  })
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  expect(told).toEqual(['title', 'all'])
  expect(errors).toEqual([fault, fault, fault])
  expect(replica.status).toMatchObject({ state: 'live', revision: 6 })
})

test('one that is removed by another is not called any more, one that is added is called from the next commit on', async () => {
  const { replica, feed } = await live()
  const told: string[] = []
  let stop = (): void => undefined
  replica.subscribe(() => {
    told.push('first')
    stop()
    if (told.length === 1) replica.subscribe(() => told.push('late'))
  })
  stop = replica.subscribe(() => told.push('removed'))
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  feed.send(commitEvent(7, [setTitle('seven')]))
  await settle()
  expect(told).toEqual(['first', 'first', 'late'])
})

test('the same function twice is two subscribers', async () => {
  const { replica, feed } = await live()
  let calls = 0
  const count = (): void => void (calls += 1)
  const { subscribe } = replica.title
  const stop = subscribe(count)
  subscribe(count)
  stop()
  stop()
  feed.send(commitEvent(6, [setTitle('six')]))
  await settle()
  expect(calls).toBe(1)
})

test('they are told once of the first snapshot', async () => {
  const { replica, wire } = begin()
  const told: unknown[] = []
  replica.title.subscribe((commit) => told.push(['title', commit, replica.title.get()]))
  replica.subscribe((commit) => told.push(['all', commit]))
  await wire.serveSnapshot(snapshotText({ revision: 5, items: { title: [['', 5, 5000, 'five']] } }))
  expect(told).toEqual([
    ['title', undefined, 'five'],
    ['all', undefined],
  ])
})
