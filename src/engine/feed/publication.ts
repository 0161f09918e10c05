/**
 * What has been made durable, and what may leave this process (rules D1, D7).
 *
 * Each transaction of this process, and each discovery of another's, is one *note*, numbered. A note may need a sync: own commits
 * under `power` do, commits of others do, because their durability is not known here. A sync covers every note made before it
 * began. The published revision is the head as soon as no note waits for a sync, else the head at the start of the last one.
 *
 *   note ──needs sync──▶ one sync at a time ──▶ acknowledge its waiters, publish, wake followers
 *     └──────needs none──▶ publish at once, unless an earlier note still waits
 */
import type { Ledger, Point } from '../ledger.ts'
import type { Seams } from '../seams.ts'

interface Waiter {
  readonly note: number
  readonly done: () => void
  readonly fail: () => void
}

export interface PublicationOptions {
  readonly ledger: Ledger
  readonly plantedBug: Seams['plantedBug']
  /** Makes everything committed before the call durable. */
  readonly sync: () => Promise<unknown>
  /** Commits are about to be acknowledged. */
  readonly onSettling: () => void
  /** A sync failed: what waits for it is not known to be durable. Waiters have been told. */
  readonly onSyncFailed: (error: unknown) => void
}

export class Publication {
  readonly #options: PublicationOptions
  #published: Point
  #durable: Point
  #lastNote = 0
  #syncedNote = 0
  #neededNote = 0
  /** The last own note that needs a sync. */
  #ownNote = 0
  #isSyncing = false
  #isHalted = false
  #isGivenUp = false
  #waiters: Waiter[] = []
  readonly #listeners = new Set<() => void>()

  constructor(options: PublicationOptions) {
    this.#options = options
    this.#published = options.ledger.head
    this.#durable = options.ledger.head
  }

  /** The newest commit that may be seen outside this process. */
  get published(): Point {
    return this.#published
  }

  /** A sync has failed: what is durable is not known, and must not be asked of the same descriptor again. */
  get isHalted(): boolean {
    return this.#isHalted
  }

  /** True while nothing waits for a sync. */
  get isSettled(): boolean {
    return this.#syncedNote >= this.#neededNote
  }

  /** Notes an own transaction: the head has moved, or rows beside the history were written. */
  note(needsSync: boolean): void {
    this.#lastNote += 1
    if (needsSync) this.#neededNote = this.#ownNote = this.#lastNote
  }

  /** Asks for a sync of everything noted so far, where there has been none. */
  needSync(): void {
    if (this.#syncedNote < this.#lastNote) this.#neededNote = this.#ownNote = this.#lastNote
  }

  /** Notes that others have moved the head; how durable that is, is not known here. */
  noteForeign(): void {
    this.#lastNote += 1
    this.#neededNote = this.#lastNote
  }

  /** Publishes what may be, and starts a sync if one is needed. Call after the notes of a transaction and its waiters. */
  proceed(): void {
    if (this.#isHalted) return
    this.#advance()
    if (!this.isSettled && !this.#isSyncing) void this.#sync()
  }

  /** What is not published yet never will be. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  /** Calls `done` once everything noted so far that needs a sync has one, at once if that is so already; `fail` when it is in doubt. */
  whenSettled(done: () => void, fail: () => void): void {
    const isEarly = this.#options.plantedBug === 'acknowledge-before-sync'
    if (this.isSettled || isEarly) done()
    else if (this.#isHalted) fail()
    else this.#waiters.push({ note: this.#neededNote, done, fail })
  }

  /** Resolves once `revision` is published, `over` is aborted, or publishing is given up. */
  async whenPublished(revision: number, over: AbortSignal): Promise<void> {
    while (this.#published.revision < revision && !over.aborted && !this.#isGivenUp) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          stop()
          over.removeEventListener('abort', wake)
          resolve()
        }
        const stop = this.subscribe(wake)
        over.addEventListener('abort', wake)
      })
    }
  }

  /** Stops publishing, and fails whoever waits: durability is in doubt. */
  halt(): void {
    this.#isHalted = true
    const waiters = this.#waiters
    this.#waiters = []
    for (const { fail } of waiters) fail()
  }

  /** The store could not be made durable: whoever waits for a publication is told. Call after `halt`. */
  giveUp(): void {
    this.#isGivenUp = true
    this.#wake()
  }

  /** Goes on after the whole store has been made durable. */
  resume(): void {
    this.#isHalted = false
    this.#isSyncing = false
    this.#syncedNote = this.#lastNote
    this.#durable = this.#options.ledger.head
    this.#published = this.#durable
    this.#wake()
  }

  /** Another epoch began: what was published is gone, and what there is now waits for a sync. */
  restart(): void {
    this.#published = this.#options.ledger.horizon
    this.#durable = this.#published
    this.noteForeign()
    this.#wake()
  }

  /** The helper has found commits of others and made all up to `head` durable. Own transactions wait for a sync of their own. */
  noteDurable(head: number): void {
    if (this.#isHalted || this.isSettled || this.#ownNote > this.#syncedNote || this.#options.ledger.head.revision > head) return
    this.#syncedNote = this.#neededNote
    this.#settle()
  }

  /** Calls back after each publication. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true
    const note = this.#lastNote
    const { head } = this.#options.ledger
    try {
      await this.#options.sync()
    } catch (error) {
      if (this.#isHalted) return
      this.#isSyncing = false
      this.halt()
      this.#options.onSyncFailed(error)
      return
    }
    if (this.#isHalted) return
    this.#isSyncing = false
    this.#syncedNote = Math.max(this.#syncedNote, note)
    this.#durable = head
    this.#settle()
    this.proceed()
  }

  #settle(): void {
    const waiters = this.#waiters
    let count = 0
    while (count < waiters.length && (waiters[count]?.note ?? 0) <= this.#syncedNote) count += 1
    this.#waiters = waiters.slice(count)
    if (count > 0) this.#options.onSettling()
    for (let i = 0; i < count; i += 1) waiters[i]?.done()
    this.#advance()
  }

  #advance(): void {
    const isEarly = this.#options.plantedBug === 'publish-before-sync'
    const next = this.isSettled || isEarly ? this.#options.ledger.head : this.#durable
    if (next.revision <= this.#published.revision) return
    this.#published = next
    this.#wake()
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
