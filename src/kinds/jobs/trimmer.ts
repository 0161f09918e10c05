/** Forgets jobs that ended long ago, or of which there are too many: the oldest first, in steps that cost the same however many are kept. */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import type { JobState } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import { type CollectionLayout, indexColumns, indexName } from '../collection/tables.ts'
import type { Counts } from './counts.ts'
import { storedIndex } from './tables.ts'

/** Jobs of one step, at most. */
const stepJobs = 100

const endedStates: readonly JobState[] = ['completed', 'failed', 'cancelled']

export class Trimmer {
  readonly #id: number
  readonly #counts: Counts
  readonly #retention: JobsKind['retention']
  #oldest: Statement | undefined

  constructor(id: number, counts: Counts, { retention }: JobsKind) {
    this.#id = id
    this.#counts = counts
    this.#retention = retention
  }

  attach(connection: Connection | undefined, layout: CollectionLayout): void {
    if (connection === undefined) return
    const index = storedIndex(layout, 'byState')
    const [state, endedAt, ...further] = indexColumns(layout, index)
    const from = `FROM k${this.#id} INDEXED BY ${indexName(this.#id, index)}`
    this.#oldest = connection.prepare(
      `SELECT key, ${endedAt} ${from} WHERE ${state} = ? ORDER BY ${[endedAt, ...further].join(', ')} ${boundLimit}`,
    )
  }

  /** There is enough to be forgotten for a step. */
  isDue(now: number): boolean {
    const { count } = this.#retention
    return this.#excess() > Math.floor(count / 8) || this.#isOld(this.#takeOldest(1)[0], now)
  }

  /** Jobs to be forgotten in one step. */
  next(now: number): readonly Ended[] {
    const excess = this.#excess()
    return this.#takeOldest(stepJobs).filter((job, place) => place < excess || this.#isOld(job, now))
  }

  #excess(): number {
    const { completed, failed, cancelled } = this.#counts.summary()
    return completed + failed + cancelled - this.#retention.count
  }

  #isOld(job: Ended | undefined, now: number): boolean {
    return job !== undefined && job.endedAt < now - this.#retention.ageMs
  }

  #takeOldest(limit: number): readonly Ended[] {
    return endedStates
      .flatMap((state) => (this.#oldest?.all(state, limit) ?? []).map(([id, at]) => ({ id: String(id), state, endedAt: Number(at) })))
      .toSorted((a, b) => a.endedAt - b.endedAt)
      .slice(0, limit)
  }
}

/** A job that has ended, as the index has it. */
export interface Ended {
  readonly id: string
  readonly state: JobState
  readonly endedAt: number
}
