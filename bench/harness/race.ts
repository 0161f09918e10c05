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

/** What the rounds of one contender took, in order. */
export interface Laps {
  readonly wallMs: readonly number[]
  /** Of this thread alone: other programs do not disturb it, but neither does it see what the helper or the disk does meanwhile. */
  readonly cpuMs: readonly number[]
}

/** Rounds before the first counted one: the code is compiled in them, and the files have got their blocks. */
const warmUps = 3

/** A single round is counted without any to warm up. The order within a round turns with each round. */
export async function race<Name extends string>(
  contenders: { readonly [Key in Name]: Contender },
  rounds: number,
): Promise<{ readonly [Key in Name]: Laps }> {
  const names = Object.keys(contenders) as Name[]
  const noLaps = names.map((name) => [name, { wallMs: [], cpuMs: [] }] as const)
  const laps = Object.fromEntries(noLaps) as unknown as { [Key in Name]: { wallMs: number[]; cpuMs: number[] } }
  const collectGarbage = exposeGarbageCollection()
  for (let round = rounds === 1 ? warmUps : 0; round < warmUps + rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) {
      const contender = contenders[name]
      await contender.prepare?.(round)
      collectGarbage()
      const startedAt = performance.now()
      const usedBefore = process.threadCpuUsage()
      await contender.run(round)
      const used = process.threadCpuUsage(usedBefore)
      const wallMs = performance.now() - startedAt
      if (round >= warmUps) {
        laps[name].wallMs.push(wallMs)
        laps[name].cpuMs.push((used.user + used.system) / 1000)
      }
      await contender.finish?.(round)
    }
  }
  return laps
}

/** What one contender took divided by what another did: the medians over the rounds. */
export function ratiosOf(numerator: Laps, denominator: Laps): { readonly ratio: number; readonly cpuRatio: number } {
  return { ratio: ratioOf(numerator.wallMs, denominator.wallMs), cpuRatio: ratioOf(numerator.cpuMs, denominator.cpuMs) }
}

function ratioOf(numerator: readonly number[], denominator: readonly number[]): number {
  return median(numerator.map((time, round) => time / (denominator[round] ?? Number.NaN)))
}

/**
 * The young garbage of one contender is not collected at the cost of the next. The old is left to V8: after a full collection it begins
 * again with a small young generation and has forgotten some of what it had compiled, so that a contender that runs more code pays in
 * each round for what a program at work has behind it. (Measured with one a round: sequential commits 0.63 × the bare loop, 0.75 × without.)
 */
function exposeGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
  return () => collect({ type: 'minor' })
}
