import { z } from 'zod'
import { expect, test } from 'vitest'
import { defineState, jobs } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'

const state = defineState({
  name: 'together',
  version: 1,
  kinds: { any: jobs({ input: z.string(), result: z.any(), attempts: 1 }) },
})

/** A worker whose jobs end when the test lets them, all that run at once in one turn. */
function gate(size: number): { readonly pass: () => Promise<void>; readonly full: () => Promise<void> } {
  let waiting: (() => void)[] = []
  let full = Promise.withResolvers<void>()
  return {
    pass: () =>
      new Promise((resolve) => {
        if (waiting.push(resolve) === size) full.resolve()
      }),
    async full() {
      await full.promise
      full = Promise.withResolvers()
      const those = waiting
      waiting = []
      for (const resolve of those) resolve()
    },
  }
}

test('[J1] [J6] jobs that end together are handed in, and the next ones taken, in one commit, each with a change of its own', async () => {
  const store = await openState(state, { memory: true })
  const { value: ids } = await store.commit((tx) => ['a', 'b', 'c', 'd'].map((name) => tx.any.enqueue(name).id))
  const { pass, full } = gate(2)
  const commits: unknown[] = []
  store.any.watch((changes) => commits.push(changes.map((change) => change.op === 'put' && [change.value.input, change.value.state])))
  store.any.work(pass, { concurrency: 2 })
  await full()
  await full()
  await store.any.wait(ids[3]!)
  expect(commits).toEqual([
    [
      ['a', 'running'],
      ['b', 'running'],
    ],
    [
      ['a', 'completed'],
      ['b', 'completed'],
      ['c', 'running'],
      ['d', 'running'],
    ],
    [
      ['c', 'completed'],
      ['d', 'completed'],
    ],
  ])
  expect(store.any.summary()).toMatchObject({ queued: 0, running: 0, completed: 4, total: 4 })
})

test('[J1] [J2] an end that is refused, lost or too large fails alone: those handed in with it, and the next, go on', async () => {
  const store = await openState(state, { memory: true, maxCommitBytes: 20_000 })
  const names = ['good', 'huge', 'bad', 'gone', 'better', 'next']
  const { value: ids } = await store.commit((tx) => names.map((name) => tx.any.enqueue(name).id))
  const { pass, full } = gate(5)
  const results: Record<string, () => unknown> = { huge: () => 'x'.repeat(30_000), bad: () => [Number.NaN] }
  store.any.work(
    async ({ input, id }) => {
      if (input === 'next') return 'next'
      await pass()
      // Cancelled in the turn in which all end: its own end comes too late.
      if (input === 'gone') void store.any.cancel(id)
      return results[input]?.() ?? input
    },
    { concurrency: 5 },
  )
  await full()
  const ended = await Promise.all(ids.map((id) => store.any.wait(id)))
  expect(ended.map(({ input, state, attempt, result, error }) => [input, state, attempt, result ?? error?.code])).toEqual([
    ['good', 'completed', 1, 'good'],
    ['huge', 'failed', 1, 'COMMIT_TOO_LARGE'],
    ['bad', 'failed', 1, 'VALUE_INVALID'],
    ['gone', 'cancelled', 1, undefined],
    ['better', 'completed', 1, 'better'],
    ['next', 'completed', 1, 'next'],
  ])
  expect(store.any.summary()).toMatchObject({ queued: 0, running: 0, completed: 3, failed: 2, cancelled: 1, total: 6 })
})
