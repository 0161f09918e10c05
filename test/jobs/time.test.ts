import { z } from 'zod'
import { expect, test } from 'vitest'
import { defineState, jobs } from '../../src/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openManual } from './manual.ts'
import { workState } from './work-state.ts'

const minute = 60_000

function withSchedule(missed: 'skip' | 'once') {
  const schedules = { often: { cron: '*/5 * * * *', timeZone: 'UTC', input: 'scan', missed, key: 'often' } }
  return defineState({ name: 'timed', version: 1, kinds: { tasks: jobs({ input: z.string(), schedules }) } })
}

test('[J7] a schedule enqueues a job at its times, and says of the job which it was', async () => {
  const { store, clock } = await openManual(withSchedule('skip'))
  await clock.pass(1000)
  store.tasks.work(() => undefined)
  await clock.pass(11 * minute)
  const found = store.tasks.find().items
  expect(found.map(({ schedule, state, input }) => [schedule, state, input])).toEqual([
    [{ name: 'often', at: 5 * minute }, 'completed', 'scan'],
    [{ name: 'often', at: 10 * minute }, 'completed', 'scan'],
  ])
})

test('[J7] a schedule with a key passes over its times while its job is under way', async () => {
  const { store, clock } = await openManual(withSchedule('skip'))
  await clock.pass(1000)
  await clock.pass(21 * minute)
  expect(store.tasks.summary()).toMatchObject({ queued: 1, total: 1 })
})

test.each(['skip', 'once'] as const)('[J7] after a downtime a schedule catches up as declared: %s', async (missed) => {
  const directory = temporaryDirectory()
  const clock = new ManualClock()
  const before = await openManual(withSchedule(missed), directory, clock)
  await clock.pass(1000)
  await before.store.close()
  clock.spend(62 * minute)
  const { store } = await openManual(withSchedule(missed), directory, clock)
  await clock.pass(2000)
  const at = missed === 'once' ? [60 * minute] : []
  expect(store.tasks.find().items.map(({ schedule }) => schedule?.at)).toEqual(at)
})

test('[J7] attempts wait longer each time, up to a bound, with jitter', async () => {
  const waits = jobs({ input: z.string(), attempts: 5, backoff: { minMs: 100, maxMs: 500 } })
  const { store, clock } = await openManual(defineState({ name: 'waits', version: 1, kinds: { waits } }))
  const began: number[] = []
  store.waits.work(() => {
    began.push(clock.now())
    throw new Error('again')
  })
  const { id } = await store.waits.enqueue('x')
  await clock.pass(10_000)
  expect(store.waits.get(id)).toMatchObject({ state: 'failed', attempt: 5 })
  const gaps = began.slice(1).map((at, i) => at - began[i]!)
  // Half of what there is between the least and the bound, which doubles: 100, 200, 400, 800 cut to 500.
  for (const [i, least] of [100, 150, 250, 300].entries()) expect(gaps[i]).toBeGreaterThanOrEqual(least)
  for (const [i, most] of [130, 180, 280, 330].entries()) expect(gaps[i]).toBeLessThanOrEqual(most)
})

test('[J7] a snoozed job runs when its time has come', async () => {
  const { store, clock } = await openManual(workState)
  const { id } = await store.tasks.enqueue({ name: 'a' }, { delayMs: 5000 })
  store.tasks.work(() => ({ value: 1 }))
  await clock.pass(4900)
  expect(store.tasks.get(id)?.state).toBe('queued')
  await clock.pass(200)
  expect(store.tasks.get(id)?.state).toBe('completed')
})

test('[J4] progress is written at most ten times a second, for all jobs in one commit, and its last value always', async () => {
  const { store, clock } = await openManual(workState)
  const go = Promise.withResolvers<void>()
  const tell: ((done: number) => void)[] = []
  await store.commit((tx) => ['a', 'b'].map((name) => tx.tasks.enqueue({ name })))
  store.tasks.work(
    async (_, { progress }) => {
      tell.push((done) => progress({ done }))
      await go.promise
      progress({ done: 1000 })
      return { value: 1 }
    },
    { concurrency: 2 },
  )
  await clock.pass(10)
  const commits: number[] = []
  store.tasks.watch((changes) => commits.push(changes.length))
  for (let i = 1; i <= 100; i += 1) {
    for (const one of tell) one(i)
    await clock.pass(10)
  }
  expect(commits.length).toBeGreaterThanOrEqual(8)
  expect(commits.length).toBeLessThanOrEqual(10)
  expect(new Set(commits)).toEqual(new Set([2]))
  go.resolve()
  await clock.pass(1000)
  expect(store.tasks.find().items.map(({ progress, state }) => [progress?.done, state])).toEqual([
    [1000, 'completed'],
    [1000, 'completed'],
  ])
})

test('[J4] progress goes on after an attempt has ended before its last word was written by itself', async () => {
  const { store, clock } = await openManual(workState)
  const go = Promise.withResolvers<void>()
  store.tasks.work(async ({ input }, { progress }) => {
    progress({ done: 1 })
    if (input.name === 'long') await go.promise
    return { value: 1 }
  })
  const short = await store.tasks.enqueue({ name: 'short' })
  await store.tasks.wait(short.id)
  await clock.pass(1000)
  const long = await store.tasks.enqueue({ name: 'long' })
  await clock.pass(1000)
  const meanwhile = store.tasks.get(long.id)
  go.resolve()
  expect(meanwhile).toMatchObject({ state: 'running', progress: { done: 1 } })
})

test('[J7] a queue that is resumed goes on at once', async () => {
  const { store } = await openManual(workState)
  await store.tasks.pause()
  const { id } = await store.tasks.enqueue({ name: 'a' })
  store.tasks.work(() => ({ value: 1 }))
  await store.commit((tx) => tx.effects.put({ name: 'x', times: 1 }))
  expect(store.tasks.get(id)?.state).toBe('queued')
  await store.tasks.resume()
  expect(await store.tasks.wait(id)).toMatchObject({ state: 'completed' })
})

test('[X48] jobs that ended are kept up to a number and an age; one that is under way is never forgotten', async () => {
  const kept = jobs({ input: z.number(), retention: { count: 80, ageMs: 3_600_000 } })
  const { store, clock } = await openManual(defineState({ name: 'kept', version: 1, kinds: { kept } }))
  const waiting = await store.kept.enqueue(-1, { delayMs: 100 * 3_600_000 })
  store.kept.work(() => undefined, { concurrency: 10 })
  for (let i = 0; i < 250; i += 50) {
    await store.commit((tx) => Array.from({ length: 50 }, (_, j) => tx.kept.enqueue(i + j)))
    await clock.pass(1000)
  }
  await clock.pass(3000)
  const found = store.kept.find({ index: 'byState', equals: ['completed'], limit: 1000 }).items.map(({ input }) => input)
  expect(found.length).toBeGreaterThanOrEqual(80)
  expect(found.length).toBeLessThanOrEqual(90)
  expect(found.toSorted((a, b) => a - b).at(-1)).toBe(249)
  expect(Math.min(...found)).toBeGreaterThanOrEqual(250 - 90)
  await clock.pass(3_700_000)
  expect(store.kept.summary()).toMatchObject({ completed: 0, queued: 1, total: 1 })
  expect(store.kept.get(waiting.id)?.state).toBe('queued')
})
