/**
 * What sessions do by themselves, looked at once a second: uses are written behind, and sessions that are over leave by a commit.
 *
 * A clock that was set, or a machine that slept, makes many sessions look over at once. So none leaves in the first moments after the
 * store was opened or the clock stepped; whether a session is valid does not wait for that, since each check judges the time itself.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Report } from '../../base/report.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import type { SessionTable } from './session-table.ts'
import type { SessionWrites } from './tx.ts'
import type { DueUse, Uses } from './uses.ts'

export interface KeeperParts {
  readonly name: string
  readonly kind: SessionsKind
  readonly table: SessionTable
  readonly uses: Uses
  readonly clock: Clock
  readonly report: Report
  readonly beginRead: (method: string) => void
  readonly write: <Value>(write: (writes: SessionWrites) => Value, label?: string) => Promise<Value>
}

/** Between two looks, ms. */
const lookEveryMs = 1000
/** Between two looks after one that failed, ms. */
const retryMs = 10_000
/** A wall clock that goes so much faster or slower than time passes was set, ms. */
const stepMs = 1000
/** No session leaves for so long after opening and after a step of the clock, ms, or for its own length where that is less. */
const mostGraceMs = 30_000
/** Sessions that leave in one commit, and uses written in one. */
const most = 500

export class Keeper {
  readonly #parts: KeeperParts
  readonly #graceMs: number
  #timer: Timer | undefined
  #looking: Promise<void> = Promise.resolve()
  #isStarted = false
  #isStopped = false
  #hasFailed = false
  #last = { now: 0, elapsed: 0 }
  /** Elapsed ms before which nothing leaves. */
  #quietUntil = 0
  /** Wall clock's ms before which nothing can be over. */
  #nextEnd = 0

  constructor(parts: KeeperParts) {
    this.#parts = parts
    const { idleMs, absoluteMs } = parts.kind
    this.#graceMs = Math.min(mostGraceMs, idleMs, absoluteMs)
  }

  start(): void {
    const { clock } = this.#parts
    this.#isStarted = true
    this.#last = { now: clock.now(), elapsed: clock.elapsed() }
    this.#quietUntil = this.#last.elapsed + this.#graceMs
    this.#lookIn(lookEveryMs)
  }

  /** Resolves when the last uses are written. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    if (!this.#isStarted) return
    await this.#looking
    await this.#writeUses(true).catch((error: unknown) => this.#fail(error))
  }

  #lookIn(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.after(delayMs, () => void (this.#looking = this.#look()), { background: true })
  }

  async #look(): Promise<void> {
    try {
      this.#watchClock()
      await this.#writeUses(false)
      await this.#sweep()
      this.#hasFailed = false
      this.#lookIn(lookEveryMs)
    } catch (error) {
      this.#fail(error)
      this.#lookIn(retryMs)
    }
  }

  #watchClock(): void {
    const { clock } = this.#parts
    const [now, elapsed] = [clock.now(), clock.elapsed()]
    const { now: before, elapsed: elapsedBefore } = this.#last
    const passed = elapsed - elapsedBefore
    // A thread or a machine that stood still could write no uses either.
    if (Math.abs(now - before - passed) > stepMs || passed > 15 * lookEveryMs) {
      this.#quietUntil = elapsed + this.#graceMs
      this.#nextEnd = 0
    }
    this.#last = { now, elapsed }
  }

  async #writeUses(isClosing: boolean): Promise<void> {
    const { uses, clock, write } = this.#parts
    const due = uses.due(clock.now(), isClosing)
    for (let from = 0; from < due.length; from += most) {
      const some: readonly DueUse[] = due.slice(from, from + most)
      await write((writes) => writes.noteUses(some))
      uses.noteWritten(some)
    }
  }

  /** Uses that count are written by now: an idle time is longer than the minute between two writes. */
  async #sweep(): Promise<void> {
    const { clock, write } = this.#parts
    while (!this.#isStopped && clock.elapsed() >= this.#quietUntil && clock.now() >= this.#nextEnd) {
      const now = clock.now()
      const over = this.#findOver(now)
      if (over.length > 0) await write((writes) => writes.removeOver(over, now), 'sessions that are over')
      if (over.length < most) return this.#findNextEnd(now)
    }
  }

  /** A session that begins later ends later than one that would begin now. */
  #findNextEnd(now: number): void {
    const { beginRead, table, kind } = this.#parts
    beginRead('sweep')
    this.#nextEnd = Math.min(table.nextEnd(kind.idleMs) ?? Infinity, now + Math.min(kind.idleMs, kind.absoluteMs))
  }

  #findOver(now: number): readonly string[] {
    const { beginRead, table, kind } = this.#parts
    beginRead('sweep')
    return table.over(now, now - kind.idleMs, most)
  }

  #fail(error: unknown): void {
    const { report, name } = this.#parts
    if (!this.#hasFailed)
      report({ type: 'background-failed', message: `Keeping the sessions of "${name}" failed; it is tried again.`, error })
    this.#hasFailed = true
  }
}
