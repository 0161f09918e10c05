/**
 * The tables of a queue. Its jobs are records like those of a collection, with fixed indexes; beside them, in no commit's changes,
 * stand what would only make noise in the history, and what counts.
 *
 *   k<id>        the jobs (kinds/collection/tables), with one index more, of those alone that are under way and have a key. Each step changes
 *                the state of a job, and SQLite writes each index anew that has it: so it is in one alone, by which jobs are also claimed
 *   k<id>_lease  (job, token, owner, process, beats, expires): the right to run a job, of each running one. `token` is the attempt's
 *                own. `beats` counts down with each heartbeat: at 0 the attempt has had its time. `expires` is by the wall clock.
 *   k<id>_count  (state, n): how many jobs there are of each state, so that counting costs no walk over the jobs; each commit moves it
 *                once by what it did (measured: a trigger for each row took 3 µs of the 7 a step takes in SQLite)
 *   k<id>_tick   (name, cron, at): up to which time a schedule has been served
 */
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import type { CellChanges, Column } from '../../engine/records/record-table.ts'
import type { Step } from '../../sqlite/helper-protocol.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import { type Job, jobStates } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import { type CollectionLayout, indexColumns, layoutOf, planCollection, type StoredIndex } from '../collection/tables.ts'

export function planJobs(id: number, stored: StoredKind | undefined, declared: JobsKind): TablePlan {
  const plan = planCollection(id, stored, asCollection(declared))
  const description = { ...plan.description, type: 'jobs' }
  if (stored !== undefined) return { ...plan, description }
  const layout = layoutOf({ id, name: '', description })
  return { ...plan, description, steps: [...plan.steps, createActive(id, layout), ...createBeside(id)] }
}

/** What a queue is to the parts of a collection. */
export function asCollection({ schema, key, indexes, feed, durability }: JobsKind): CollectionKind {
  return { type: 'collection', schema, key, indexes, parent: undefined, ttlMs: undefined, feed, durability }
}

export function storedIndex({ indexes }: CollectionLayout, wanted: string): StoredIndex {
  const index = indexes.find(({ name }) => name === wanted)
  if (index === undefined) throw new TypeError(`Expected a queue to have the index ${wanted}`)
  return index
}

/** Columns of the index by state, which claims go by. */
export interface StateColumns {
  readonly state: string
  readonly endedAt: string
  readonly priority: string
  readonly runAt: string
}

export function stateColumns(layout: CollectionLayout): StateColumns {
  const [state = '', endedAt = '', priority = '', runAt = ''] = indexColumns(layout, storedIndex(layout, 'byState'))
  return { state, endedAt, priority, runAt }
}

/** The column of the key, and what the index of keys under way holds; a query by that says the same. */
export function activeColumn(layout: CollectionLayout): { readonly key: string; readonly where: string } {
  const { state } = stateColumns(layout)
  const [key = ''] = indexColumns(layout, storedIndex(layout, 'byKey'))
  return { key, where: `${state} IN ('queued', 'running') AND ${key} >= ''` }
}

function createActive(id: number, layout: CollectionLayout): Step {
  const { key, where } = activeColumn(layout)
  return [`CREATE INDEX k${id}_active ON k${id} (${key}, key) WHERE ${where}`]
}

/** Which index cells a step of a job changes. Its key and priority stay. */
export class StepCells {
  #state = 0
  #endedAt = 0
  #runAt = 0

  attach({ fields }: CollectionLayout): void {
    // The cells are given in this order, too.
    const [state, endedAt, runAt] = ['state', 'endedAt', 'runAt'].map((field) => fields.indexOf(field))
    this.#state = 1 << (state ?? 0)
    this.#endedAt = 1 << (endedAt ?? 0)
    this.#runAt = 1 << (runAt ?? 0)
  }

  between(was: Job, job: Job): CellChanges {
    const cells: Column[] = []
    let columns = 0
    if (was.state !== job.state) {
      columns |= this.#state
      cells.push(job.state)
    }
    if (was.endedAt !== job.endedAt) {
      columns |= this.#endedAt
      cells.push(job.endedAt ?? -Infinity)
    }
    if (was.runAt !== job.runAt) {
      columns |= this.#runAt
      cells.push(job.runAt)
    }
    return { columns, cells }
  }
}

/** Counts anew, after a migration has written jobs. */
export function recount(id: number, { description }: Pick<StoredKind, 'description'>): Step {
  const { state } = stateColumns(layoutOf({ id, name: '', description }))
  return [`UPDATE k${id}_count AS counted SET n = (SELECT count(*) FROM k${id} WHERE ${state} = counted.state)`]
}

function createBeside(id: number): Step[] {
  return [
    [
      `CREATE TABLE k${id}_lease (job TEXT PRIMARY KEY, token TEXT NOT NULL, owner TEXT NOT NULL, process TEXT NOT NULL, beats INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID`,
    ],
    [`CREATE TABLE k${id}_count (state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID`],
    [`CREATE TABLE k${id}_tick (name TEXT NOT NULL, cron TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (name, cron)) WITHOUT ROWID`],
    ...jobStates.map((name): Step => [`INSERT INTO k${id}_count (state, n) VALUES (?, 0)`, name]),
  ]
}
