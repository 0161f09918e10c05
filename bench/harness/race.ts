/**
 * Runs contenders in turns, A B A B …, and compares them round by round.
 *
 * Machines are noisy: other programs take the processor, the disk has its moods. Two runs that follow each other closely see
 * the same machine, so the ratio of each round means something where the times alone do not; of the rounds the median counts.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from './statistics.ts'

/** One way of doing the work of a round. */
export interface Contender {
  /** Not timed: gets ready for the round. */
  prepare?(round: number): Promise<void> | void
  run(round: number): Promise<unknown> | unknown
  /** Not timed: puts away what the round left. */
  finish?(round: number): Promise<void> | void
}

/** Times in ms by round, in the order of the rounds. */
export type Times<Name extends string> = { readonly [Key in Name]: readonly number[] }

/** Round 0 warms up and is not counted; a single round is. The order within a round turns with each round. */
export async function race<Name extends string>(contenders: { readonly [Key in Name]: Contender }, rounds: number): Promise<Times<Name>> {
  const names = Object.keys(contenders) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  const collectGarbage = exposeGarbageCollection()
  for (let round = rounds === 1 ? 1 : 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) {
      const contender = contenders[name]
      await contender.prepare?.(round)
      collectGarbage()
      const startedAt = performance.now()
      await contender.run(round)
      const tookMs = performance.now() - startedAt
      if (round > 0) times[name].push(tookMs)
      await contender.finish?.(round)
    }
  }
  return times
}

/** The median over the rounds of one contender's time divided by another's. */
export function ratioOf(numerator: readonly number[], denominator: readonly number[]): number {
  return median(numerator.map((time, round) => time / (denominator[round] ?? Number.NaN)))
}

/** The garbage of one contender is not collected at the cost of the next. */
function exposeGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
