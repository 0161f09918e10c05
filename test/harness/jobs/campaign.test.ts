/** The harness of jobs in its shortest form; `npm run jobs` is the real one. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from '../../support/open-state.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { runCampaign } from './campaign.ts'
import { jobState } from './state.ts'
import { runTicking } from './ticking.ts'
import { Witness } from './witness.ts'

test('[J2] [J3] [J8] [X29] [X44] workers that are paused, killed and misled about the time: each job done, and completed once', async () => {
  const directory = join(temporaryDirectory(), 'store')
  const { problems, reached } = await runCampaign({ directory, rounds: 3, seed: 'short', plant: undefined })
  expect(problems).toEqual([])
  expect(reached).toMatchObject({ jobs: 18, kills: 1, pauses: 1, steps: 1 })
  expect(reached.interrupted).toBeGreaterThan(0)
}, 60_000)

test('the witness notices what an attempt writes that does not hold its job', async () => {
  const store = await openState(jobState, { memory: true })
  const witness = new Witness(store)
  const { id } = await store.tasks.enqueue({ name: 'a', idleMs: 0, busyMs: 0 })
  await store.commit((tx) => tx.effects.put({ id, attempt: 1, begun: 1, completed: 0 }))
  await witness.catchUp(2)
  expect(witness.problems).toEqual([expect.stringContaining('wrote while it was')])
  await witness.end()
})

test('[J7] each time of a schedule is served once, by whichever process is left', async () => {
  const directory = join(temporaryDirectory(), 'store')
  const { problems, ticks } = await runTicking({ directory, processes: 3, kills: 2, seconds: 3, seed: 'short' })
  expect(problems).toEqual([])
  expect(ticks).toBeGreaterThanOrEqual(2)
}, 60_000)
