import { misuse } from '../../base/misuse.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { JobIndexes } from '../../state/job.ts'
import type { Finder } from '../collection/finder.ts'
import type { CollectionLookups } from '../collection/reads.ts'
import { RecordsTx } from '../collection/records-tx.ts'
import type { JobCounts } from './counts.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import { type Enqueued, type QueueParts, Transitions } from './transitions.ts'

/** A queue at a glance. */
export interface JobSummary extends JobCounts {
  /** Nothing is given to workers until the queue is resumed. */
  readonly paused: boolean
}

/** Reads that a queue offers in the store and inside commits alike. Without an index, `find` goes in the order of enqueueing. */
export interface JobLookups<Stored> extends CollectionLookups<Stored, JobIndexes> {
  /** How many jobs of each state there are, and whether the queue is paused; one query, whatever their number. */
  summary(): JobSummary
}

/** What `tx.<jobs>` offers inside a commit; its reads see the commit's own writes. */
export interface JobsTx<Given, Stored> extends JobLookups<Stored> {
  /**
   * Adds a job. Where one with the same `key` is queued or running, answers with that one and adds none.
   *
   * @throws TypeError · RangeError for an option that is none
   * @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID
   */
  enqueue(input: Frozen<Given>, options?: EnqueueOptions): Enqueued
  /** Ends a job that is queued or running, wherever it runs; false when it is neither. */
  cancel(id: string): boolean
  /** Cancels several; answers how many were. */
  cancel(ids: readonly string[]): number
  /** Queues a job that has ended once more; false when it has not, or when another one of its key is under way. */
  retry(id: string): boolean
  /** Retries several; answers how many are. */
  retry(ids: readonly string[]): number
}

export interface JobsTxParts extends QueueParts {
  readonly finder: Finder
  /** @param commit the one that runs; outside of one, without */
  readonly summary: (commit?: CommitContext) => JobSummary
}

export class JobsTxImpl extends RecordsTx {
  readonly #commit: CommitContext
  readonly #parts: JobsTxParts
  readonly #transitions: Transitions

  constructor(commit: CommitContext, parts: JobsTxParts) {
    super(commit, parts)
    this.#commit = commit
    this.#parts = parts
    this.#transitions = new Transitions(commit, parts)
  }

  /** What workers do to jobs inside a commit; not for users. */
  static transitionsOf(tx: object): Transitions {
    return (tx as JobsTxImpl).#transitions
  }

  enqueue(input: unknown, options?: EnqueueOptions): Enqueued {
    RecordsTx.assertOpen(this, 'enqueue')
    return this.#transitions.enqueue(input, options)
  }

  cancel(ids: string | readonly string[]): boolean | number {
    RecordsTx.assertOpen(this, 'cancel')
    return each(ids, (id) => this.#transitions.cancel(id))
  }

  retry(ids: string | readonly string[]): boolean | number {
    RecordsTx.assertOpen(this, 'retry')
    return each(ids, (id) => this.#transitions.retry(id))
  }

  summary(): JobSummary {
    RecordsTx.assertOpen(this, 'summary')
    this.#transitions.flushCounts()
    return this.#parts.summary(this.#commit)
  }
}

function each(ids: string | readonly string[], act: (id: string) => boolean): boolean | number {
  if (typeof ids === 'string') return act(ids)
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) throw misuse('id', 'the id of a job, or a list of ids', ids)
  return ids.filter((id) => act(id)).length
}
