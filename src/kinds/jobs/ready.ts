/**
 * The questions that a queue asks of its indexes: which job of a key is under way, and which jobs may run, in their turn: by priority, then by the time from which they may, then by id.
 *
 * A job of high priority that is snoozed must not be walked over by each claim, so the index is asked priority by priority; there
 * are at most 201 of them, and seldom more than a few.
 */
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import { absentCell, type CollectionLayout, indexName } from '../collection/tables.ts'
import { activeColumn, stateColumns, storedIndex } from './tables.ts'

export class Ready {
  readonly #id: number
  #priority: Statement | undefined
  #due: Statement | undefined
  #next: Statement | undefined
  #active: Statement | undefined

  constructor(id: number) {
    this.#id = id
  }

  attach(connection: Connection | undefined, layout: CollectionLayout): void {
    if (connection === undefined) return
    const { state, endedAt, priority, runAt } = stateColumns(layout)
    const from = `FROM k${this.#id} INDEXED BY ${indexName(this.#id, storedIndex(layout, 'byState'))} WHERE ${state} = 'queued' AND ${endedAt} = ${absentCell}`
    const { key, where } = activeColumn(layout)
    this.#active = connection.prepare(`SELECT key FROM k${this.#id} INDEXED BY k${this.#id}_active WHERE ${key} = ? AND ${where} LIMIT 1`)
    this.#priority = connection.prepare(`SELECT ${priority} ${from} AND ${priority} < ? ORDER BY ${priority} DESC LIMIT 1`)
    this.#due = connection.prepare(`SELECT key ${from} AND ${priority} = ? AND ${runAt} <= ? ORDER BY ${runAt}, key ${boundLimit}`)
    this.#next = connection.prepare(`SELECT ${runAt} ${from} AND ${priority} = ? ORDER BY ${runAt} LIMIT 1`)
  }

  /** Ids of at most `limit` jobs that may run at this time. */
  take(now: number, limit: number): readonly string[] {
    const ids: string[] = []
    for (const priority of this.#priorities()) {
      for (const [key] of this.#due?.all(priority, now, limit - ids.length) ?? []) ids.push(String(key))
      if (ids.length >= limit) break
    }
    return ids
  }

  /** When the next job may run; undefined when none is queued. */
  nextAt(): number | undefined {
    let next: number | undefined
    for (const priority of this.#priorities()) {
      const at = Number(this.#next?.get(priority)?.[0])
      if (next === undefined || at < next) next = at
    }
    return next
  }

  /** The job with this key that is queued or running. */
  activeOf(key: string): string | undefined {
    const row = this.#active?.get(key)
    return row === undefined ? undefined : String(row[0])
  }

  *#priorities(): Generator<number> {
    for (let below = Number.MAX_SAFE_INTEGER; ;) {
      const row = this.#priority?.get(below)
      if (row === undefined) return
      below = Number(row[0])
      yield below
    }
  }
}
