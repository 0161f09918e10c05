/**
 * Keeps the write-ahead log small (rule D2). Checkpoints are the helper's; this decides when.
 *
 *   since the last checkpoint ≥ 8 MiB   PASSIVE, beside the writers
 *   log ≥ 32 MiB                        writers pause, TRUNCATE, writers go on
 *   log ≥ 64 MiB, a reader in the way   writers stay paused while TRUNCATE is tried again, for 5 s at most
 *   log ≥ 128 MiB                       commits are refused (WAL_FULL) until a TRUNCATE succeeds
 */
import type { Clock } from '../base/clock.ts'
import type { Report } from '../base/report.ts'
import type { CheckpointMode, CheckpointResult } from '../sqlite/helper-protocol.ts'
import type { Seams } from './seams.ts'

const mebibyte = 1024 * 1024

export const walLimits: Readonly<Record<'passiveBytes' | 'truncateBytes' | 'holdBytes' | 'refuseBytes', number>> = Object.freeze({
  passiveBytes: 8 * mebibyte,
  truncateBytes: 32 * mebibyte,
  holdBytes: 64 * mebibyte,
  refuseBytes: 128 * mebibyte,
})

/** Pages a small transaction writes, about, and what its bytes come to on pages; an estimate between two measurements. */
const transactionBytes = 4 * 4096
const bytesOnPages = 4
const measureEveryBytes = 2 * mebibyte

const truncateWaitMs = 50
const retryEveryMs = 100
const holdMs = 5000

export interface WalKeeperOptions {
  readonly clock: Clock
  readonly observe: Seams['observe']
  readonly measure: () => Promise<number>
  readonly checkpoint: (mode: CheckpointMode, waitMs: number) => Promise<CheckpointResult>
  readonly pause: () => void
  readonly resume: () => void
  readonly report: Report
}

export class WalKeeper {
  readonly #options: WalKeeperOptions
  #walBytes = 0
  #unmeasured = 0
  #sinceCheckpoint = 0
  #isBusy = false
  #isStopped = false
  /** The last TRUNCATE met a reader that held on to the log. */
  isHeldByReader = false

  constructor(options: WalKeeperOptions) {
    this.#options = options
  }

  /** Size of the log as last measured, bytes. */
  get walBytes(): number {
    return this.#walBytes
  }

  /** Commits must be refused: the log may not grow. */
  get isFull(): boolean {
    return this.#walBytes >= walLimits.refuseBytes
  }

  /** Forgets the log of a connection that is gone; `walBytes` is the size of the new one. */
  reset(walBytes: number): void {
    this.#walBytes = walBytes
    this.#isStopped = false
  }

  stop(): void {
    this.#isStopped = true
  }

  noteWritten(changesBytes: number): void {
    const estimate = transactionBytes + bytesOnPages * changesBytes
    this.#unmeasured += estimate
    this.#sinceCheckpoint += estimate
    if (this.#unmeasured >= measureEveryBytes) this.#keep(() => this.#measure())
  }

  noteSize(walBytes: number): void {
    this.#walBytes = walBytes
    this.#unmeasured = 0
    if (walBytes >= walLimits.truncateBytes) this.#keep(() => this.#truncate())
    else if (this.#sinceCheckpoint >= walLimits.passiveBytes) this.#keep(() => this.#copy())
  }

  /** One task at a time; what a task finds may start the next. */
  #keep(task: () => Promise<void>): void {
    if (this.#isBusy || this.#isStopped) return
    this.#isBusy = true
    task()
      .catch((error: unknown) => {
        if (this.#isStopped) return
        this.#options.report({ type: 'background-failed', message: 'A checkpoint failed; it is tried again.', error })
      })
      .finally(() => {
        this.#isBusy = false
        if (this.#walBytes >= walLimits.truncateBytes && !this.isHeldByReader) this.#keep(() => this.#truncate())
      })
  }

  async #measure(): Promise<void> {
    this.#unmeasured = 0
    this.#walBytes = await this.#options.measure()
    if (this.#walBytes >= walLimits.truncateBytes) await this.#truncate()
    else if (this.#sinceCheckpoint >= walLimits.passiveBytes) await this.#copy()
  }

  async #copy(): Promise<void> {
    this.#sinceCheckpoint = 0
    await this.#checkpoint('PASSIVE', 0)
  }

  async #truncate(): Promise<void> {
    const { clock, pause, resume } = this.#options
    const endsAt = clock.elapsed() + holdMs
    pause()
    try {
      for (;;) {
        const result = await this.#checkpoint('TRUNCATE', truncateWaitMs)
        this.isHeldByReader = result.isBusy
        if (!result.isBusy) this.#sinceCheckpoint = 0
        const mayGrow = this.#walBytes < walLimits.holdBytes || clock.elapsed() >= endsAt
        if (!result.isBusy || mayGrow || this.#isStopped) break
        await this.#delay(retryEveryMs)
      }
    } finally {
      resume()
    }
    if (this.isHeldByReader && !this.#isStopped) this.#tryLater()
  }

  /** Writers go on; whether the reader has left is asked again soon, also when nobody writes. */
  #tryLater(): void {
    this.#options.clock.after(retryEveryMs * 2, () => this.#keep(() => this.#truncate()), { background: true })
  }

  async #checkpoint(mode: CheckpointMode, waitMs: number): Promise<CheckpointResult> {
    this.#options.observe('checkpoint', 'begin')
    const result = await this.#options.checkpoint(mode, waitMs)
    this.#options.observe('checkpoint', 'end')
    this.#walBytes = result.walBytes
    return result
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(delayMs, resolve))
  }
}
