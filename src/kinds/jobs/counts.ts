/** How many jobs of each state there are, and whether the queue is paused: one query, whatever their number. */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import type { JobState } from '../../state/job.ts'

/** A queue at a glance. */
export interface JobSummary extends Readonly<Record<JobState, number>> {
  /** All jobs that are kept. */
  readonly total: number
  /** Nothing is given to workers until the queue is resumed. */
  readonly paused: boolean
}

export class Counts {
  readonly #id: number
  #read: Statement | undefined
  #readPaused: Statement | undefined
  #writePaused: Statement | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined): void {
    const fact = `k${this.#id}_fact`
    this.#read = connection?.prepare(
      `SELECT state, n FROM k${this.#id}_count UNION ALL SELECT 'paused', value FROM ${fact} WHERE name = 'paused'`,
    )
    this.#readPaused = connection?.prepare(`SELECT value FROM ${fact} WHERE name = 'paused'`)
    this.#writePaused = connection?.prepare(
      `INSERT INTO ${fact} (name, value) VALUES ('paused', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
    )
  }

  get isPaused(): boolean {
    return this.#readPaused?.get()?.[0] === 1
  }

  /** False when it is so already. */
  setPaused(isPaused: boolean): boolean {
    return this.#writePaused?.run(isPaused ? 1 : 0) === 1
  }

  summary(): JobSummary {
    const found = new Map((this.#read?.all() ?? []).map(([name, value]) => [String(name), Number(value)]))
    const of = (state: JobState): number => found.get(state) ?? 0
    const counts = {
      queued: of('queued'),
      running: of('running'),
      completed: of('completed'),
      failed: of('failed'),
      cancelled: of('cancelled'),
    }
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return Object.freeze({ ...counts, total, paused: found.get('paused') === 1 })
  }
}
