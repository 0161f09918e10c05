/** Power is back: a first process asks about the cursors that followers hold, and writes past the revisions they name. */
import type { Child } from '../child.ts'
import type { Message } from '../pipe.ts'
import type { ReopenSetup } from './reopen.ts'
import type { Sighting } from './sightings.ts'

export interface Aftermath {
  /** What followers saw that is gone: they must be told so, at once and also after the numbers were given away again. */
  readonly lost: readonly Sighting[]
  /** What they saw last and can go on from. */
  readonly kept: readonly Sighting[]
  readonly setup: Omit<ReopenSetup, 'cursors' | 'passRevision'>
  readonly start: (setup: ReopenSetup, onMessage: (message: Message) => void) => Child
}

/** @returns what is wrong */
export async function askAboutCursors({ lost, kept, setup, start }: Aftermath): Promise<string[]> {
  const cursors = [...lost, ...kept].map(({ cursor }) => cursor)
  const passRevision = Math.max(0, ...lost.map(({ revision }) => revision))
  const answers = new Map<string, string>()
  const child = start({ ...setup, cursors, passRevision }, ([what, key, answer]) => {
    if (what === 'found') answers.set(key, String(answer))
  })
  const { code, stderr } = await child.ended
  if (code !== 0 || stderr !== '') return [`the first process after the cut ended with ${code}: ${stderr}`]
  const resumed = answers.get('resumed') ?? 'nothing'
  const problems = /^\d+ r\./.test(resumed) ? [] : [`a cursor taken after the cut answers ${resumed}`]
  return [
    ...problems,
    ...lost.flatMap((sighting) => judgeLost(answers, sighting)),
    ...kept.flatMap((sighting) => judgeKept(answers, sighting)),
  ]
}

function judgeLost(answers: ReadonlyMap<string, string>, { cursor, follower, revision }: Sighting): string[] {
  return ['at once', 'later'].flatMap((when) => {
    const answer = answers.get(`${when} ${cursor}`)
    if (answer === 'CURSOR_DIVERGED') return []
    return [`the follower of ${follower} has seen revision ${revision}, which is gone; resumed ${when} it is told: ${answer}`]
  })
}

function judgeKept(answers: ReadonlyMap<string, string>, { cursor, follower, revision }: Sighting): string[] {
  const answer = answers.get(`at once ${cursor}`)
  if (answer?.startsWith(`${revision + 1} `) === true) return []
  return [`the follower of ${follower} had seen up to revision ${revision}; resumed it is told: ${answer}`]
}
