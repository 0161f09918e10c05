/** A job in words and figures, be it a scan or a report. */
import { percentOf } from '../../../figures.ts'
import { shownState } from '../../../job-state.ts'
import type { Report, Scan } from '../../../state.ts'

export type ShownJob = Scan | Report

export interface StateWords {
  readonly label: string
  readonly tone: 'quiet' | 'busy' | 'good' | 'warn' | 'bad'
}

const stateWords: ReadonlyMap<string, StateWords> = new Map([
  ['queued', { label: 'Queued', tone: 'quiet' }],
  ['running', { label: 'Running', tone: 'busy' }],
  ['completed', { label: 'Done', tone: 'good' }],
  ['interrupted', { label: 'Interrupted', tone: 'warn' }],
  ['stopped', { label: 'Stopped', tone: 'warn' }],
  ['retrying', { label: 'Retrying', tone: 'warn' }],
  ['cancelled', { label: 'Cancelled', tone: 'warn' }],
  ['failed', { label: 'Failed', tone: 'bad' }],
])

/** A state the page does not know yet is shown by its own name. */
export function describeState(job: Pick<ShownJob, 'state' | 'reason'>): StateWords {
  const state = shownState(job)
  return stateWords.get(state) ?? { label: state, tone: 'quiet' }
}

/** Whole percent; 100 only when all is done. */
export function percentOfJob({ progress, state }: Pick<ShownJob, 'progress' | 'state'>): number {
  return state === 'completed' ? 100 : percentOf(progress ?? { done: 0, total: 0 })
}

/** What a first attempt that ran through is not told of: as in `attempt 2 of 4, after an interruption`. */
export function describeAttempts({
  attempt,
  attempts,
  reason,
  state,
}: Pick<ShownJob, 'attempt' | 'attempts' | 'reason' | 'state'>): string {
  if (state === 'queued' && reason === 'retrying') return `attempt ${attempt + 1} of ${attempts} soon`
  const why = state === 'running' && reason === 'interrupted' ? ', after an interruption' : ''
  return attempt > 1 ? `attempt ${attempt} of ${attempts}${why}` : ''
}

/** Why it failed, or why it is tried again. */
export function describeTrouble({ state, reason, error }: Pick<ShownJob, 'state' | 'reason' | 'error'>): string {
  if (state === 'failed' && reason === 'interrupted') return 'It was interrupted too often.'
  return state === 'failed' || (state === 'queued' && reason === 'retrying') ? (error?.message ?? '') : ''
}
