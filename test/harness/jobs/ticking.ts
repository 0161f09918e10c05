/** Processes with one schedule, some of them killed: every time is served once. */
import { setTimeout as pause } from 'node:timers/promises'
import { openStore } from '../../../src/index.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Crew } from './crew.ts'
import { jobState } from './state.ts'
import { Witness } from './witness.ts'

export interface TickingSetup {
  readonly directory: string
  readonly processes: number
  readonly kills: number
  /** How long, in seconds, which is also how many times there are. */
  readonly seconds: number
  readonly seed: string
}

export async function runTicking({ directory, processes, kills, seconds, seed }: TickingSetup): Promise<{
  readonly problems: readonly string[]
  readonly ticks: number
}> {
  const random = new SeededRandom(seed)
  const crew = new Crew({ directory, plant: undefined, works: false })
  await Promise.all(Array.from({ length: processes }, () => crew.hire()))
  const from = Date.now()
  const deaths = Array.from({ length: kills }, () => random.below((seconds - 1) * 1000)).toSorted((a, b) => a - b)
  for (const at of deaths) {
    await pause(Math.max(0, from + at - Date.now()))
    await crew.kill(random.pick(crew.members))
  }
  await pause(Math.max(0, from + seconds * 1000 - Date.now()))
  await crew.killAll()
  // Opened only now, so that it serves no time itself: what is missing is seen. Retention keeps them all.
  const store = await openStore(jobState, { directory, readOnly: true })
  const witness = new Witness(store)
  await witness.catchUp(store.health().revision)
  await witness.end()
  await store.close()
  const problems = [...crew.wrong, ...witness.problems]
  const ats = [...witness.ticks.keys()].toSorted((a, b) => a - b)
  for (const [at, times] of witness.ticks) if (times !== 1) problems.push(`${new Date(at).toISOString()} was served ${times} times`)
  for (const [i, at] of ats.entries())
    if (i > 0 && at - (ats[i - 1] ?? 0) !== 1000) problems.push(`nothing before ${new Date(at).toISOString()}`)
  // A witness that sees none would be content.
  if (ats.length < seconds / 2) problems.push(`only ${ats.length} times in ${seconds} s`)
  return { problems, ticks: ats.length }
}
