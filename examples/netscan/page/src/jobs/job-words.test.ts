import { expect, test } from 'vitest'
import { describeState, percentOfJob, type ShownJob } from './job-words.ts'

test.each<[ShownJob['state'], ShownJob['reason'] & string, string]>([
  ['queued', 'retried', 'Queued'],
  ['queued', 'retrying', 'Retrying'],
  ['queued', 'interrupted', 'Interrupted'],
  ['queued', 'stopped', 'Stopped'],
  ['running', 'interrupted', 'Running'],
  ['completed', 'interrupted', 'Done'],
  ['failed', 'interrupted', 'Failed'],
  ['cancelled', 'cancelled', 'Cancelled'],
])('[X29] the state %s, because it was %s: %s', (state, reason, label) => {
  expect(describeState({ state, reason }).label).toBe(label)
})

test('a state that a later netscan may have is shown by its name', () => {
  expect(describeState({ state: 'paused' as never })).toEqual({ label: 'paused', tone: 'quiet' })
})

test('percent is whole, and 100 only at the end', () => {
  const at = (done: number): number => percentOfJob({ state: 'running', progress: { done, total: 1_000 } as never })
  expect([at(0), at(999), at(1_000)]).toEqual([0, 99, 100])
  expect([percentOfJob({ state: 'queued' }), percentOfJob({ state: 'completed' })]).toEqual([0, 100])
})
