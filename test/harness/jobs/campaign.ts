/** Rounds of jobs on two workers that are killed, paused for longer than a lease, and have their clocks set, one of them a round. */
import { setTimeout as pause } from 'node:timers/promises'
import { openStore } from '../../../src/index.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Crew } from './crew.ts'
import { jobState, leaseMs } from './state.ts'
import { Witness } from './witness.ts'
import type { WorkerSetup } from './worker.ts'

export interface CampaignSetup {
  readonly directory: string
  readonly rounds: number
  readonly seed: string
  readonly plant: WorkerSetup['plant']
}

export interface CampaignResult {
  readonly problems: readonly string[]
  readonly reached: Readonly<Record<'jobs' | 'kills' | 'pauses' | 'steps' | 'interrupted' | 'lost', number>>
}

const jobsARound = 6

/** How long all of it may take to end once nothing is done to it any more, ms. */
const patienceMs = 60_000

export async function runCampaign({ directory, rounds, seed, plant }: CampaignSetup): Promise<CampaignResult> {
  const random = new SeededRandom(seed)
  const store = await openStore(jobState, { directory, durability: 'process' })
  const witness = new Witness(store)
  const crew = new Crew({ directory, plant, works: true })
  const reached = { jobs: 0, kills: 0, pauses: 0, steps: 0 }
  await Promise.all([crew.hire(), crew.hire()])
  for (let round = 0; round < rounds; round += 1) {
    const input = (i: number) => ({ name: `${round}/${i}`, idleMs: random.below(300), busyMs: random.chance(0.1) ? 900 : random.below(20) })
    await store.commit((tx) => Array.from({ length: jobsARound }, (_, i) => tx.tasks.enqueue(input(i))))
    reached.jobs += jobsARound
    await pause(random.below(300))
    reached[await strike(crew, random, round)] += 1
  }
  await crew.killAll()
  await Promise.all([crew.hire(), crew.hire()])
  const problems = [...(await settle(store, reached.jobs)), ...crew.wrong]
  await witness.catchUp(store.health().revision)
  for (const { id } of store.tasks.find({ limit: 1000 }).items) {
    const effect = store.effects.get(id)
    if (effect === undefined || effect.begun < 1) problems.push(`${id} has no effect`)
    if (plant === undefined && effect?.completed !== 1) problems.push(`${id} was completed ${effect?.completed} times`)
  }
  if (witness.completed !== reached.jobs) problems.push(`${reached.jobs} jobs, ${witness.completed} completions`)
  await witness.end()
  await crew.killAll()
  await store.close()
  return { problems: [...problems, ...witness.problems], reached: { ...reached, interrupted: witness.interrupted, lost: crew.lost } }
}

/** Does something to one worker; a killed one is replaced. */
async function strike(crew: Crew, random: SeededRandom, round: number): Promise<'kills' | 'pauses' | 'steps'> {
  const victim = random.pick(crew.members)
  // Each sort in turn, so that few rounds have all of them.
  const sort = (['pauses', 'kills', 'steps'] as const)[round % 3] ?? 'kills'
  if (sort === 'steps') crew.step(victim, (random.chance(0.5) ? 1 : -1) * 3_600_000)
  if (sort === 'kills') {
    await crew.kill(victim)
    await crew.hire()
  }
  if (sort === 'pauses') {
    crew.pause(victim)
    await pause(leaseMs * (2 + random.next()))
    crew.resume(victim)
  }
  return sort
}

/** Waits until everything is done; nothing may still seem to run. */
async function settle(store: Awaited<ReturnType<typeof openStore<typeof jobState.kinds>>>, jobs: number): Promise<string[]> {
  for (const endsAt = Date.now() + patienceMs; Date.now() < endsAt; await pause(50)) {
    const { completed, total } = store.tasks.summary()
    if (completed === jobs && total === jobs) return []
  }
  return [`after ${patienceMs} ms: ${JSON.stringify(store.tasks.summary())}`]
}
