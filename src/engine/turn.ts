/**
 * One read transaction for all reads of one turn of the event loop.
 *
 * It begins with the first read of a turn and ends with the turn, so reads of a turn agree with each other, ask SQLite for its
 * locks once (a point read costs a third), and look for commits of other processes once. No read transaction outlives a turn.
 */
import { isHoldfastError } from '../base/error.ts'
import type { Connection, Statement } from '../sqlite/driver.ts'

/**
 * How long a read may wait for another process that recovers the log after a crash, ms. The only lock a reader can meet in WAL
 * mode, and a short one.
 */
const recoveryWaitMs = 200

export class Turn {
  isOpen = false
  /**
   * Number of the turn whose reads are open, 0 while none are. Of the same number are the same answers: commits, own or others', come
   * between turns.
   */
  number = 0
  #count = 0
  #begin: Statement | undefined
  #end: Statement | undefined
  #handle: NodeJS.Immediate | undefined
  readonly #onBegin: () => void

  /** @param onBegin called inside the transaction, before the first read */
  constructor(onBegin: () => void) {
    this.#onBegin = onBegin
  }

  attach(connection: Connection): void {
    this.#begin = connection.prepare('BEGIN')
    this.#end = connection.prepare('COMMIT')
  }

  begin(): void {
    if (this.isOpen) return
    this.#begin?.run()
    this.isOpen = true
    this.#count += 1
    this.number = this.#count
    try {
      this.#lookForOthers()
    } catch (error) {
      this.end()
      throw error
    }
    this.#handle = setImmediate(() => this.end())
  }

  end(): void {
    if (!this.isOpen) return
    clearImmediate(this.#handle)
    this.isOpen = false
    this.number = 0
    this.#end?.run()
  }

  #lookForOthers(): void {
    const endsAt = performance.now() + recoveryWaitMs
    for (;;) {
      try {
        return this.#onBegin()
      } catch (error) {
        if (!isHoldfastError(error, 'STORE_BUSY') || performance.now() >= endsAt) throw error
      }
    }
  }
}
