import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineState, document, jobs, type JobState, log, type Store } from '../../src/index.ts'
import type { Replica } from '../../src/client/replica.ts'

const lines = log(z.object({ text: z.string() }))
const state = defineState({
  name: 'typed',
  version: 1,
  kinds: {
    lines,
    title: document(z.string()),
    scans: jobs({
      input: z.object({ target: z.string(), depth: z.number().default(1) }),
      progress: z.object({ done: z.number() }),
      result: z.array(z.number()),
      log: lines,
      schedules: { nightly: { cron: '0 3 * * *', input: { target: 'all' } } },
    }),
    bare: jobs({ input: z.string() }),
  },
})
const store = {} as Store<typeof state>
const replica = {} as Replica<typeof state, Record<never, never>>

test('[J1] jobs have the types of their schemas', () => {
  expectTypeOf(store.scans.get('a')?.input).toEqualTypeOf<{ readonly target: string; readonly depth: number } | undefined>()
  expectTypeOf(store.scans.get('a')?.progress).toEqualTypeOf<{ readonly done: number } | undefined>()
  expectTypeOf(store.scans.get('a')?.result).toEqualTypeOf<readonly number[] | undefined>()
  expectTypeOf(replica.scans.get('a')?.state).toEqualTypeOf<JobState | undefined>()
  expectTypeOf(store.scans.logs('a')[0]?.value).toEqualTypeOf<{ readonly text: string } | undefined>()
  void store.scans.find({ index: 'byState', equals: ['running'] })
  void store.scans.enqueue({ target: 'a' }, { key: 'a' })
  // @ts-expect-error no such input
  void store.scans.enqueue({ host: 'a' })
  // @ts-expect-error no such state
  void store.scans.find({ index: 'byState', equals: ['done'] })
  // @ts-expect-error no such option
  void store.scans.enqueue({ target: 'a' }, { delay: 5 })
})

test('[J6] a handler is typed by the queue, and its commits by the whole state', () => {
  store.scans.work(async (job, { progress, commit, log: say }) => {
    expectTypeOf(job.input.depth).toEqualTypeOf<number>()
    progress({ done: 1 })
    say({ text: 'a' })
    await commit((tx) => tx.title.set(job.input.target))
    // @ts-expect-error no such progress
    progress({ left: 1 })
    // @ts-expect-error no such line
    say('a')
    return [1]
  })
  // @ts-expect-error not the result
  store.scans.work(() => ['a'])
  store.bare.work((job, { progress }) => {
    expectTypeOf(job.input).toEqualTypeOf<string>()
    // @ts-expect-error the queue declares no progress
    progress(1)
  })
})

test('[J7] whether a queue is paused is a document of the state', () => {
  expectTypeOf(store.scansQueue.get()?.paused).toEqualTypeOf<boolean | undefined>()
  expectTypeOf(replica.bareQueue.get()?.paused).toEqualTypeOf<boolean | undefined>()
  void store.commit((tx) => tx.scansQueue.set({ paused: true }))
  // @ts-expect-error no queue of that name
  void store.titleQueue
})

test('[J7] the input of a schedule is that of the queue', () => {
  // @ts-expect-error not the input
  jobs({ input: z.number(), schedules: { hourly: { cron: '0 * * * *', input: 'a' } } })
})
