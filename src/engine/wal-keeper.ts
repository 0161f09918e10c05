/**
 * Keeps the write-ahead log small (rule D2). Checkpoints are the helper's; this decides when.
 *
 *   since the last checkpoint ≥ 8 MiB   PASSIVE, beside the writers
 *   log ≥ 32 MiB                        PASSIVE twice, beside the writers; writers pause, RESTART, writers go on
 *   log ≥ 40 MiB, while a PASSIVE runs  writers pause until it is done
 *   log ≥ 64 MiB, a reader in the way   writers stay paused while RESTART is tried again, for 5 s at most
 *   log ≥ 128 MiB                       commits are refused (WAL_FULL) until a RESTART succeeds
 *
 * The log's size is what is in use of it. Its file keeps its blocks when it starts again, because writes into them are cheaper and
 * synced in half the time (docs/adr); a file that has become as long as 64 MiB is cut.
 */
import { type Backoff, backoffDelayMs } from '../base/backoff.ts'
import type { Clock, Random, Timer } from '../base/clock.ts'
import type { Report } from '../base/report.ts'
import type { CheckpointMode, CheckpointResult } from '../sqlite/helper-protocol.ts'
import type { Seams } from './seams.ts'
import { type WalLimits, walLimits } from './wal-limits.ts'

/** Pages a small transaction writes, about, and what its bytes come to on pages; an estimate between two measurements. */
const transactionBytes = 4 * 4096
const bytesOnPages = 4

/**
 * Passes beside the writers before they pause. The first copies what there is; the second finds little left, and most often nothing is
 * written while it copies that: then SQLite syncs the database, too, and a RESTART has next to nothing left to do.
 * (Measured on saturated writers: pauses of 3 ms, of 18 without.)
 */
const catchUps = 2

const restartWaitMs = 50
/** Between two tries while writers wait, and between two while they go on, ms. */
const heldRetryMs = 100
const freeRetryMs = 200
const holdMs = 5000

/** After a checkpoint that failed, as it does on a full disk. */
const failureBackoff: Backoff = Object.freeze({ minMs: 200, maxMs: 10_000 })

export interface WalKeeperOptions {
  readonly clock: Clock
  readonly random: Random
  /** Default those of rule D2. */
  readonly limits: WalLimits | undefined
  readonly observe: Seams['observe']
  readonly measure: () => Promise<number>
  readonly checkpoint: (mode: CheckpointMode, waitMs: number) => Promise<CheckpointResult>
  readonly pause: () => void
  readonly resume: () => void
  readonly report: Report
}

export class WalKeeper {
  readonly limits: WalLimits
  readonly #options: WalKeeperOptions
  #walBytes = 0
  #unmeasured = 0
  #sinceCheckpoint = 0
  #isBusy = false
  #isStopped = false
  #isHoldingUp = false
  /** Checkpoints that failed, since the last one that did not. */
  #failures = 0
  #retry: Timer | undefined
  /** The last RESTART met a reader that held on to the log. */
  isHeldByReader = false

  constructor(options: WalKeeperOptions) {
    this.#options = options
    this.limits = options.limits ?? walLimits
  }

  /** What is in use of the log, as last measured, bytes. */
  get walBytes(): number {
    return this.#walBytes
  }

  /** Commits must be refused: the log may not grow. */
  get isFull(): boolean {
    return this.#walBytes >= this.limits.refuseBytes
  }

  /** Forgets the log of a connection that is gone; `walBytes` is the size of the new one. */
  reset(walBytes: number): void {
    this.#walBytes = walBytes
    this.#isStopped = false
    this.#failures = 0
    this.isHeldByReader = false
  }

  stop(): void {
    this.#isStopped = true
    this.#retry?.cancel()
    this.#retry = undefined
  }

  noteWritten(changesBytes: number): void {
    const estimate = transactionBytes + bytesOnPages * changesBytes
    this.#unmeasured += estimate
    this.#sinceCheckpoint += estimate
    if (this.#unmeasured >= this.limits.measureBytes) this.#keep(() => this.#measure())
    if (this.#isBusy && this.#isOutrun) this.#holdUp()
  }

  noteSize(walBytes: number): void {
    this.#walBytes = walBytes
    this.#unmeasured = 0
    if (this.#isDue) this.#keep(() => this.#doWhatIsDue())
  }

  /** False while a try in some time has been arranged: writers are not stopped at each of their syncs for a log that will not empty. */
  get #isDue(): boolean {
    const { restartBytes, passiveBytes } = this.limits
    return !this.#isStopped && this.#retry === undefined && (this.#walBytes >= restartBytes || this.#sinceCheckpoint >= passiveBytes)
  }

  /** Writers are quicker than the checkpoints beside them. */
  get #isOutrun(): boolean {
    return this.#walBytes + this.#unmeasured >= this.limits.restartBytes + this.limits.passiveBytes
  }

  /** One task at a time; what a task finds may start the next. */
  #keep(task: () => Promise<void>): void {
    if (this.#isBusy || this.#isStopped) return
    this.#isBusy = true
    task()
      .then(
        () => void (this.#failures = 0),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#isBusy = false
        if (this.#isDue) this.#keep(() => this.#doWhatIsDue())
        else this.#goOn()
      })
  }

  /** A checkpoint beside the writers is slower than they are: they wait for its end, or a slow disk would let the log grow without limit. */
  #holdUp(): void {
    if (this.#isHoldingUp) return
    this.#isHoldingUp = true
    this.#options.pause()
  }

  #goOn(): void {
    if (!this.#isHoldingUp) return
    this.#isHoldingUp = false
    this.#options.resume()
  }

  async #measure(): Promise<void> {
    this.#unmeasured = 0
    this.#walBytes = await this.#options.measure()
    if (this.#isDue) await this.#doWhatIsDue()
  }

  #doWhatIsDue(): Promise<void> {
    return this.#walBytes >= this.limits.restartBytes ? this.#empty() : this.#copy()
  }

  async #copy(): Promise<void> {
    this.#sinceCheckpoint = 0
    this.isHeldByReader = false
    await this.#checkpoint('PASSIVE', 0)
  }

  async #empty(): Promise<void> {
    const { clock } = this.#options
    const endsAt = clock.elapsed() + holdMs
    if (!this.isHeldByReader) await this.#catchUp()
    if (this.#walBytes < this.limits.restartBytes) return
    this.#holdUp()
    try {
      for (;;) {
        const result = await this.#restart()
        this.isHeldByReader = result.isBusy
        this.#sinceCheckpoint = 0
        const mayGrow = this.#walBytes < this.limits.holdBytes || clock.elapsed() >= endsAt
        if (!result.isBusy || mayGrow || this.#isStopped) break
        await this.#delay(heldRetryMs)
      }
    } finally {
      this.#goOn()
    }
    if (this.isHeldByReader) this.#tryLater(freeRetryMs)
  }

  /** Copies beside the writers, until the log has started again or writes outrun that. */
  async #catchUp(): Promise<void> {
    for (let pass = 0; pass < catchUps && this.#walBytes >= this.limits.restartBytes && !this.#isOutrun; pass += 1) {
      await this.#checkpoint('PASSIVE', 0)
    }
  }

  /** Has everything copied, so that the log starts again, and cuts a file that a reader has let become long. */
  async #restart(): Promise<CheckpointResult> {
    const result = await this.#checkpoint('RESTART', restartWaitMs)
    const isLong = result.walFileBytes >= this.limits.holdBytes
    return isLong && !result.isBusy ? this.#checkpoint('TRUNCATE', restartWaitMs) : result
  }

  /** The first of several failures is reported; each is tried again, ever later. */
  #failed(error: unknown): void {
    if (this.#isStopped) return
    if (this.#failures === 0) {
      this.#options.report({ type: 'background-failed', message: 'A checkpoint failed; it is tried again.', error })
    }
    this.#tryLater(backoffDelayMs(failureBackoff, this.#failures, this.#options.random))
    this.#failures += 1
  }

  /** Writers go on; whether the reader has left is asked again soon, also when nobody writes. */
  #tryLater(delayMs: number): void {
    if (this.#retry !== undefined || this.#isStopped) return
    const tryAgain = (): void => {
      this.#retry = undefined
      this.#keep(() => this.#doWhatIsDue())
    }
    this.#retry = this.#options.clock.after(delayMs, tryAgain, { background: true })
  }

  async #checkpoint(mode: CheckpointMode, waitMs: number): Promise<CheckpointResult> {
    const { observe, checkpoint } = this.#options
    observe('checkpoint', 'begin')
    try {
      const result = await checkpoint(mode, waitMs)
      this.#walBytes = result.walBytes
      this.#unmeasured = 0
      return result
    } finally {
      observe('checkpoint', 'end')
    }
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(delayMs, resolve))
  }
}
