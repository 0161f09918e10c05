/**
 * Deletes old history, in steps short enough for the event loop (rule L2). The check of the horizon stays, so that what is left
 * can still be proven. Each step is a transaction of its own; stopped anywhere, the next one goes on.
 */
import type { Clock } from '../../base/clock.ts'
import type { Report } from '../../base/report.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { isBusy } from '../../sqlite/sqlite-error.ts'
import { writeMeta } from '../../sqlite/tables.ts'
import type { Ledger, Point } from '../ledger.ts'
import type { Seams } from '../seams.ts'

/** How much history is kept. */
export interface HistoryRetention {
  /** Commits younger than this are kept, ms; default 7 days. */
  readonly maxAgeMs: number
  /** Newer commits are kept up to this many bytes; default 256 MiB. */
  readonly maxBytes: number
  /** So many of the newest commits are kept whatever their age and size; default 1,000. */
  readonly minCommits: number
}

export const defaultRetention: HistoryRetention = Object.freeze({
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxBytes: 256 * 1024 * 1024,
  minCommits: 1000,
})

/** Duration of a step, at most about, ms; rows of the first one, and the most of any. */
const stepMs = 5
const firstRows = 100
const mostRows = 5000

/** Commits after which the history is looked at again. */
const lookEvery = 256

/** Waiting for another process's lock between two tries, ms. */
const retryMs = 10

export interface PrunerParts {
  readonly clock: Clock
  readonly observe: Seams['observe']
  readonly ledger: Ledger
  readonly retention: HistoryRetention
  /** Ends the turn's read transaction and takes the write lock. */
  readonly begin: () => void
  /** Looks for what others wrote, inside the transaction. */
  readonly look: () => void
  readonly onWritten: (bytes: number) => void
  readonly report: Report
}

export class Pruner {
  readonly #parts: PrunerParts
  #connection: Connection | undefined
  #factsAt: Statement | undefined
  #deleteCommits: Statement | undefined
  #deleteRequests: Statement | undefined
  #writeMeta: Statement | undefined
  #rows = firstRows
  #isStopped = false
  #running: Promise<number> | undefined
  #lookAt = 0

  constructor(parts: PrunerParts) {
    this.#parts = parts
  }

  attach(connection: Connection): void {
    this.#connection = connection
    this.#factsAt = connection.prepare('SELECT at, position, chain FROM hf_commit WHERE revision = ?')
    this.#deleteCommits = connection.prepare('DELETE FROM hf_commit WHERE revision <= ?')
    this.#deleteRequests = connection.prepare('DELETE FROM hf_request WHERE revision <= ?')
    this.#writeMeta = connection.prepare(writeMeta)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** The head has moved: now and then, what retention lets go is pruned. */
  noteHead(): void {
    const { ledger, report } = this.#parts
    if (ledger.head.revision < this.#lookAt) return
    this.#lookAt = ledger.head.revision + lookEvery
    this.run().catch((error: unknown) => {
      if (this.#isStopped) return
      report({ type: 'background-failed', message: 'Pruning the history failed; it is tried again.', error })
    })
  }

  /** Prunes all that retention allows. Called while it runs, it waits for that run. Answers with the number of commits deleted. */
  run(): Promise<number> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(): Promise<number> {
    let deleted = 0
    await this.#pause(0)
    while (!this.#isStopped) {
      const count = this.#tryStep()
      if (count === 0) break
      deleted += Math.max(count, 0)
      await this.#pause(count < 0 ? retryMs : 0)
    }
    return deleted
  }

  /** Commits deleted, 0 when there is nothing left to do, −1 when another process holds the lock. */
  #tryStep(): number {
    try {
      this.#parts.begin()
    } catch (error) {
      if (isBusy(error)) return -1
      throw error
    }
    const { observe, clock, ledger } = this.#parts
    const { horizon } = ledger
    const startedAt = clock.elapsed()
    observe('prune', 'begin')
    try {
      this.#parts.look()
      const count = this.#step()
      this.#connection?.exec('COMMIT')
      if (count > 0) this.#fit(clock.elapsed() - startedAt)
      return count
    } catch (error) {
      ledger.horizon = horizon
      if (this.#connection?.inTransaction === true) this.#connection.exec('ROLLBACK')
      throw error
    } finally {
      observe('prune', 'end')
    }
  }

  #step(): number {
    const { ledger, onWritten } = this.#parts
    const { horizon } = ledger
    const target = Math.min(this.#target(), horizon.revision + this.#rows)
    if (target <= horizon.revision) return 0
    const facts = this.#factsAt?.get(target)
    if (facts === undefined) return 0
    const next: Point = { revision: target, chain: String(facts[2]), position: Number(facts[1]) }
    this.#deleteCommits?.run(target)
    this.#deleteRequests?.run(target)
    this.#writeMeta?.run('horizon_revision', next.revision)
    this.#writeMeta?.run('horizon_chain', next.chain)
    this.#writeMeta?.run('horizon_position', next.position)
    ledger.horizon = next
    onWritten(0)
    return next.revision - horizon.revision
  }

  /** The newest revision that retention lets go. */
  #target(): number {
    const { ledger, retention, clock } = this.#parts
    const { horizon, head } = ledger
    const last = head.revision - retention.minCommits
    if (last <= horizon.revision) return horizon.revision
    const oldest = clock.now() - retention.maxAgeMs
    const mayGo = (revision: number): boolean => {
      const [at, position] = this.#factsAt?.get(revision) ?? []
      return Number(at) < oldest || head.position - Number(position) >= retention.maxBytes
    }
    return findLast(horizon.revision, last, mayGo)
  }

  #fit(tookMs: number): void {
    const wanted = Math.round((this.#rows * stepMs) / Math.max(tookMs, 0.05))
    this.#rows = Math.max(10, Math.min(mostRows, wanted, this.#rows * 2))
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void (delayMs === 0 ? setImmediate(resolve) : this.#parts.clock.after(delayMs, resolve)))
  }
}

/** The last number in (low, high] that may go, where all before it may; low when none does. */
function findLast(low: number, high: number, mayGo: (revision: number) => boolean): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = Math.ceil((from + to) / 2)
    if (mayGo(middle)) from = middle
    else to = middle - 1
  }
  return from
}
