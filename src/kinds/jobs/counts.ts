/** How many jobs of each state there are: one query, whatever their number. */
import type { ChangeSource, CommitContext } from '../../engine/commit/commit-context.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { type JobState, jobStates } from '../../state/job.ts'

/** Jobs of each state. */
export interface JobCounts extends Readonly<Record<JobState, number>> {
  /** All jobs that are kept. */
  readonly total: number
}

export class Counts {
  readonly #id: number
  #read: Statement | undefined
  #add: Statement | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined): void {
    this.#read = connection?.prepare(`SELECT state, n FROM k${this.#id}_count`)
    this.#add = connection?.prepare(`UPDATE k${this.#id}_count SET n = n + ? WHERE state = ?`)
  }

  add(state: JobState, count: number): void {
    this.#add?.execute(count, state)
  }

  summary(): JobCounts {
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
    return { ...counts, total }
  }
}

const nothing: Readonly<Record<JobState, number>> = Object.freeze({ queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 })

/** What one commit does to the counts, written once. */
export class CountDraft implements ChangeSource {
  readonly #counts: Counts
  #moved: Record<JobState, number> = { ...nothing }

  constructor(counts: Counts, commit: CommitContext) {
    this.#counts = counts
    commit.register(this)
  }

  move(from: JobState | undefined, to: JobState | undefined): void {
    if (from === to) return
    if (from !== undefined) this.#moved[from] -= 1
    if (to !== undefined) this.#moved[to] += 1
  }

  /** Writes what there is until now: whoever reads the counts inside the commit sees it. */
  flush(): void {
    for (const state of jobStates) if (this.#moved[state] !== 0) this.#counts.add(state, this.#moved[state])
    this.#moved = { ...nothing }
  }

  /** They are no change of a record. */
  collect(): string {
    this.flush()
    return ''
  }

  restamp(): void {
    // They have no revision.
  }

  undo(): void {
    this.#moved = { ...nothing }
  }
}
