import { expect, test } from 'vitest'
import { begin, live } from '../../test/support/replica-scene.ts'
import { commitEvent, setTitle, settle } from '../../test/support/scripted-wire.ts'
import type { ReplicaStatus } from './sync/status.ts'

test('closing ends everything and leaves what is held readable', async () => {
  const { replica, wire, clock, feed, states } = await live()
  const told: unknown[] = []
  replica.subscribe((commit) => told.push(commit))
  replica.close()
  replica.close()
  feed.send(commitEvent(6, [setTitle('six')]))
  await clock.pass(120_000)
  expect(replica.title.get()).toBe('five')
  expect(told).toEqual([])
  expect(states.at(-1)).toBe('closed')
  expect(wire.feeds.waiting).toBe(0)
  expect(clock.waitsUntil).toEqual([])
  replica.retry()
  expect(replica.status.state).toBe('closed')
  expect(replica.subscribe(() => undefined)()).toBeUndefined()
})

test('closing before the first snapshot rejects ready', async () => {
  const { replica } = begin()
  const { ready } = replica
  replica.close()
  await expect(ready).rejects.toMatchObject({ code: 'REPLICA_CLOSED' })
})

test('a subscriber that closes the replica is the last to be told', async () => {
  const { replica, feed } = await live()
  const told: string[] = []
  replica.title.subscribe(() => {
    told.push('title')
    replica.close()
  })
  replica.subscribe((commit: { readonly revision: number } | undefined) => told.push(`all ${commit?.revision}`))
  feed.send(commitEvent(6, [setTitle('six')]), commitEvent(7, [setTitle('seven')]))
  await settle()
  expect(told).toEqual(['title'])
  expect(replica.status satisfies ReplicaStatus).toMatchObject({ state: 'closed' })
})
