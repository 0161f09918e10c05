/** What a benchmark is, and what it answers. */
import type { DriverName } from '../../src/index.ts'
import type { Sizes } from './sizes.ts'
import type { Workspace } from './workspace.ts'

/** What a figure should reach: at least, or at most, `limit`. It is held against the ratio, or against the value itself. */
export interface Reach {
  readonly of: 'ratio' | 'value'
  readonly is: 'at least' | 'at most'
  readonly limit: number
}

/** One measured number. Figures that stand beside another are named after it: `commit-sequential/bare`. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
  /** Holdfast's over the bare driver's in the same run, in the sense in which `reach` names it. */
  readonly ratio?: number
  /** The same by the processor time of the calling thread, for machines that are busy with something else. */
  readonly cpuRatio?: number
  readonly reach?: Reach
  /** What the ratio is a ratio to, or what else a reader must know. */
  readonly note?: string
}

/** What a benchmark runs with. */
export interface Context {
  readonly driver: DriverName
  readonly sizes: Sizes
  readonly workspace: Workspace
}

export interface Benchmark {
  readonly name: string
  /** What is measured, against what; one line. */
  readonly about: string
  run(context: Context): Promise<readonly Figure[]>
}

export function atLeast(limit: number, of: Reach['of'] = 'ratio'): Reach {
  return { of, is: 'at least', limit }
}

export function atMost(limit: number, of: Reach['of'] = 'ratio'): Reach {
  return { of, is: 'at most', limit }
}

/** Undefined where there is nothing to reach. */
export function isReached({ value, ratio, reach }: Figure): boolean | undefined {
  if (reach === undefined) return undefined
  const measured = reach.of === 'ratio' ? ratio : value
  if (measured === undefined) return false
  return reach.is === 'at least' ? measured >= reach.limit : measured <= reach.limit
}
