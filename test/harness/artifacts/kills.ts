/** Kills processes that put and delete artifacts on one store, at random moments. */
import { setTimeout as delay } from 'node:timers/promises'
import { SeededRandom } from '../seeded-random.ts'
import { leftovers, Promised } from './promises.ts'
import { SessionProcess } from './session-process.ts'

export interface KillsSetup {
  readonly directory: string
  readonly seed: string
  readonly kills: number
  /** On the store at once; all are killed before it is judged. */
  readonly processes: number
}

export interface KillsResult {
  readonly problems: readonly string[]
  readonly kills: number
  /** What the kills left in `tmp`, by sort: how often one hit the middle of something. */
  readonly left: ReadonlyMap<string, number>
}

/** How long processes work before they are killed, ms, at most. */
const longestLifeMs = 120

export async function killAtRandom({ directory, seed, kills, processes }: KillsSetup): Promise<KillsResult> {
  const random = new SeededRandom(`${seed}/artifacts`)
  const promised = new Promised()
  const problems: string[] = []
  const left = new Map<string, number>()
  let done = 0
  for (let round = 0; done < kills && problems.length === 0; round += 1) {
    const sessions = Array.from({ length: processes }, (_, at) => startSession(directory, `${seed}/${round}`, at, promised))
    await Promise.all(sessions.map((session) => session.opened()))
    for (const session of sessions) session.begin()
    for (const session of random.shuffle(sessions)) {
      await delay(random.next() * longestLifeMs)
      session.kill()
    }
    for (const { signal, code, stderr } of await Promise.all(sessions.map(({ ended }) => ended))) {
      if (signal !== 'SIGKILL' || stderr !== '') problems.push(`a process ended with ${signal ?? code}: ${stderr}`)
      done += 1
    }
    for (const sort of leftovers(directory)) left.set(sort, (left.get(sort) ?? 0) + 1)
    problems.push(...(await promised.judge(directory)).map((problem) => `round ${round}: ${problem}`))
  }
  return { problems, kills: done, left }
}

function startSession(directory: string, seed: string, at: number, promised: Promised): SessionProcess {
  const setup = { directory, name: `w${at}`, seed: `${seed}/${at}`, work: 'chance' } as const
  return new SessionProcess(setup, (key, answer) => promised.hear(key, answer))
}
