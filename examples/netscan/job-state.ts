/** How a job is shown, on the page and in terminals. */
import type { Job } from './holdfast.ts'

/** The states of a job, and why one that is queued has to wait once more. */
export type ShownState = Job['state'] | 'interrupted' | 'retrying' | 'stopped'

export function shownState({ state, reason }: Pick<Job, 'state' | 'reason'>): ShownState {
  if (state === 'queued' && (reason === 'interrupted' || reason === 'retrying' || reason === 'stopped')) return reason
  return state
}

export function isUnderWay({ state }: Pick<Job, 'state'>): boolean {
  return state === 'queued' || state === 'running'
}

/** Those under way first, then those that have ended; the newest first among each. */
export function arrangeJobs<One extends Pick<Job, 'state' | 'createdAt' | 'id'>>(jobs: Iterable<One>): One[] {
  const order = (a: One, b: One): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)
  const sorted = [...jobs].toSorted(order)
  return [...sorted.filter(isUnderWay), ...sorted.filter((job) => !isUnderWay(job))]
}
