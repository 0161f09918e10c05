/**
 * The engine of one open store: connections, ledger, queue, publication, feed. What kinds mean is not its business.
 *
 *   open ─close()─▶ closing ─▶ closed          a failed disk: open ─▶ recovering ─▶ open | poisoned (read-only)
 *
 * Everything here runs on one thread, in turns of its event loop. Nothing waits for the disk or for another process: that is
 * the helper's (backend) or the queue's timer.
 */
import type { Change, Commit } from '../state/change.ts'
import { createCondition, createSnapshots, createWalKeeper } from './assembly.ts'
import type { Backend } from './backend.ts'
import { closeWithin } from './closing.ts'
import type { CommitContext } from './commit/commit-context.ts'
import { CommitQueue } from './commit/commit-queue.ts'
import type { CommitRequest } from './commit/commit-request.ts'
import { GroupRunner } from './commit/group-runner.ts'
import { Requests } from './commit/requests.ts'
import type { Condition } from './condition.ts'
import { DelayedWrites } from './delayed/delayed-writes.ts'
import type { EngineOptions } from './engine-options.ts'
import { Feed } from './feed/feed.ts'
import { Publication } from './feed/publication.ts'
import { Watchers } from './feed/watchers.ts'
import { History } from './history/history.ts'
import { Pruner } from './history/pruner.ts'
import { randomName } from './identity.ts'
import type { KindRuntime } from './kind-runtime.ts'
import { KindSet } from './kind-set.ts'
import { Ledger } from './ledger.ts'
import { reopenWhole } from './recovery.ts'
import { Others } from './others.ts'
import { closed, nested, poisoned, readOnly, walFull } from './refusals.ts'
import type { Snapshots } from './snapshot/snapshots.ts'
import { Turn } from './turn.ts'
import type { WalKeeper } from './wal-keeper.ts'
import { clearWeakMark } from './weak-mark.ts'

export type EngineState = 'open' | 'recovering' | 'poisoned' | 'closing' | 'closed'

export class Engine {
  readonly options: EngineOptions
  /** This open of the store, in the history. */
  readonly instance: string = randomName()
  readonly ledger: Ledger
  readonly history: History
  readonly publication: Publication
  readonly feed: Feed
  readonly watchers: Watchers
  readonly snapshots: Snapshots
  readonly queue: CommitQueue
  readonly wal: WalKeeper
  readonly turn: Turn
  readonly pruner: Pruner
  readonly delayed: DelayedWrites
  readonly others: Others = new Others((isWanted) => this.#watch(isWanted))
  readonly condition: Condition
  readonly #requests = new Requests()
  readonly #runner: GroupRunner
  readonly #closing = new AbortController()
  #state: EngineState = 'open'
  #backend: Backend
  #kinds = new KindSet([], () => undefined)
  #running: CommitContext | undefined
  #recovery: Promise<void> = Promise.resolve()
  /** Closing, and kinds finish what they have begun. */
  #isStopping = false
  /** What the helper has just said to be durable. */
  #durableTo = 0
  #onClosed: () => void = () => undefined

  constructor(backend: Backend, options: EngineOptions) {
    const { seams, report } = options
    this.options = options
    this.#backend = backend
    this.ledger = new Ledger(options.directory)
    this.ledger.attach(backend.main)
    this.history = new History(this.ledger)
    this.turn = new Turn(() => this.#look())
    this.condition = createCondition(this)
    this.wal = createWalKeeper(this)
    this.publication = new Publication({
      ledger: this.ledger,
      plantedBug: seams.plantedBug,
      sync: async () => this.wal.noteSize(await this.#backend.sync()),
      onSettling: () => this.queue.noteSettling(),
      onSyncFailed: (error) => this.recover(error),
    })
    this.feed = new Feed({
      ledger: this.ledger,
      history: this.history,
      publication: this.publication,
      kinds: () => this.#kinds.byId,
      beginRead: (method) => this.beginRead(method),
      onFollowers: (count) => this.others.noteFollowers(count),
      closing: this.#closing.signal,
    })
    this.watchers = new Watchers({ feed: this.feed, history: this.history, publication: this.publication, report })
    this.snapshots = createSnapshots(this)
    this.#runner = this.#createRunner()
    this.queue = new CommitQueue({
      clock: seams.clock,
      random: seams.random,
      limit: options.queueLimit,
      deadlineMs: options.deadlineMs,
      begin: () => this.#begin(),
      runGroup: (take, isTimeUp) => this.#runner.run(take, isTimeUp, () => this.queue.length),
    })
    this.pruner = new Pruner({
      clock: seams.clock,
      observe: seams.observe,
      ledger: this.ledger,
      retention: options.retention,
      begin: () => this.#begin(),
      look: () => this.#look(),
      onWritten: (bytes) => this.wal.noteWritten(bytes),
      report,
    })
    const enqueue = (request: CommitRequest): void => this.enqueue(request, true)
    this.delayed = new DelayedWrites({ ...seams, report, maxCommitBytes: options.maxCommitBytes, enqueue })
    this.wal.reset(backend.walBytes)
  }

  get state(): EngineState {
    return this.#state
  }

  get backend(): Backend {
    return this.#backend
  }

  get kinds(): readonly KindRuntime[] {
    return this.#kinds.all
  }

  /** Takes the kinds into service. */
  install(kinds: KindSet): void {
    this.#kinds = kinds
    this.#attach()
    if (!this.options.readOnly) kinds.start()
  }

  /** Queues a commit, or rejects it. Those of a kind itself are taken until it has stopped. */
  enqueue(request: CommitRequest, isOfKind = false): void {
    try {
      this.#assertWritable('commit', isOfKind && this.#isStopping)
      this.queue.add(request)
    } catch (error) {
      request.reject(error)
    }
  }

  /** Begins a read: outside a commit, of an open store, in this turn's read transaction. */
  beginRead(method: string): void {
    if (this.#running !== undefined) this.assertNotInCommit(method)
    if (this.turn.isOpen) return
    if (this.#state === 'closed') throw closed(method)
    this.turn.begin()
  }

  /** @throws HoldfastError COMMIT_NESTED */
  assertNotInCommit(method: string): void {
    if (this.#running !== undefined) throw nested(method)
  }

  /** @throws HoldfastError STORE_CLOSED */
  assertOpen(method: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') throw closed(method)
  }

  /** Resolves when a revision is published. @throws HoldfastError STORE_CLOSED · STORE_POISONED when it will not be */
  async whenPublished(revision: number): Promise<void> {
    if (this.publication.published.revision >= revision) return
    this.turn.begin()
    await this.publication.whenPublished(revision, this.#closing.signal)
    if (this.publication.isGivenUp) throw poisoned('the newest commits could not be made durable')
    if (this.publication.published.revision < revision) throw closed('snapshot')
  }

  /** @throws HoldfastError COMMIT_NESTED · STORE_CLOSED · STORE_READ_ONLY · STORE_POISONED */
  beginWrite(method: string): void {
    this.assertNotInCommit(method)
    this.#assertWritable(method)
  }

  /** Calls back for published changes of a kind. Returns the unsubscriber. */
  watch(kind: string, watcher: (changes: readonly Change[], commit: Commit) => void): () => void {
    this.assertNotInCommit('watch')
    this.assertOpen('watch')
    this.beginRead('watch')
    return this.watchers.watch(kind, watcher)
  }

  /** Calls back once everything is closed. */
  onClosed(callback: () => void): void {
    this.#onClosed = callback
  }

  /** Aborted once the store is closed, or as good as closed. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** Resolves when no recovery is under way. */
  recovered(): Promise<void> {
    return this.#recovery
  }

  /** Another process may have committed; commits up to `head` are durable. */
  noteChanged(head: number): void {
    if (this.#state !== 'open' || this.#running !== undefined) return
    try {
      this.#durableTo = head
      this.turn.end()
      this.turn.begin()
    } catch (error) {
      this.options.report({ type: 'background-failed', message: 'Looking for commits of other processes failed.', error })
    } finally {
      this.#durableTo = 0
    }
  }

  /**
   * The disk failed to keep what was written: opens the store anew and has all of it copied and synced before going on
   * (rule C8). A failed sync is never asked for again on the same descriptor: the kernel may then claim success.
   */
  recover(cause: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'recovering'
    this.queue.pause('recovery')
    this.publication.halt()
    this.wal.stop()
    this.#recovery = this.#reopen(cause)
  }

  /** Refuses new commits, finishes what is begun within a limit, ends followers, closes connections. Called again, it waits for the same. */
  async close(): Promise<void> {
    this.assertNotInCommit('close')
    this.#state = 'closing'
    this.#isStopping = true
    const { report, seams } = this.options
    const steps = [
      () => this.#recovery,
      () => this.#kinds.stop(),
      () => this.delayed.close(),
      () => (this.#isStopping = false),
      () => this.queue.idle(),
      () => new Promise<void>((resolve) => this.publication.whenSettled(resolve, resolve)),
    ]
    await closeWithin({ clock: seams.clock, report, drainMs: this.#kinds.drainMs, steps, cut: () => this.#cutClosing() })
    this.#closing.abort()
    this.wal.stop()
    this.pruner.stop()
    if (this.#runner.isMarkedWeak && !this.publication.isHalted) await clearWeakMark(this)
    this.turn.end()
    this.#state = 'closed'
    this.snapshots.close()
    // What is acknowledged is durable in the log: a disk that cannot copy it into the database keeps nobody from closing.
    await this.#backend.close().catch((error: unknown) => {
      this.options.report({ type: 'background-failed', message: 'The store was closed, but its log could not be emptied.', error })
    })
    this.#onClosed()
  }

  #cutClosing(): void {
    this.#isStopping = false
    this.queue.rejectAll(closed('commit'))
    this.publication.halt()
  }

  #attach(): void {
    const { main } = this.#backend
    this.turn.attach(main)
    this.history.attach(main)
    this.#requests.attach(main)
    if (!this.options.readOnly) {
      this.#runner.attach(main)
      this.pruner.attach(main)
    }
    this.#kinds.attach(this.#backend.main)
  }

  /** Looks for what other connections wrote, inside a transaction that has just begun. */
  #look(): void {
    const foreign = this.ledger.refresh()
    if (foreign === undefined) return
    if (foreign.layoutChanged) this.#kinds.attach(this.#backend.main)
    this.others.tell()
    if (foreign.epochChanged) {
      this.#forget()
      this.publication.restart()
    } else if (foreign.headMoved) {
      this.publication.noteForeign()
      this.queue.noteContention()
    }
    this.publication.noteDurable(this.#durableTo)
    this.publication.proceed()
  }

  #forget(): void {
    this.#kinds.forget()
    this.feed.forget()
    this.snapshots.forget()
  }

  #begin(): void {
    this.turn.end()
    if (this.wal.isFull) throw walFull(this.wal.walBytes, this.wal.limits.refuseBytes)
    try {
      this.#runner.begin()
    } catch (error) {
      this.condition.noteFailed(error)
      throw error
    }
  }

  #assertWritable(method: string, isStopping = false): void {
    if (!isStopping) this.assertOpen(method)
    if (this.options.readOnly) throw readOnly(method)
    if (this.#state === 'poisoned') throw poisoned('an earlier write could not be made durable')
  }

  #watch(isOn: boolean): void {
    if (this.#state !== 'closed') this.#backend.watch(isOn)
  }

  async #reopen(cause: unknown): Promise<void> {
    const { observe } = this.options.seams
    observe('recovery', 'begin')
    try {
      const before = this.#backend
      // Own readers would keep the log from being copied.
      this.snapshots.close()
      this.turn.end()
      const fresh = await reopenWhole(this.options.reopen, this.ledger.head.revision)
      if (this.#state === 'closed') return await fresh.close()
      this.#backend = fresh
      this.snapshots.close()
      this.turn.end()
      this.ledger.attach(this.#backend.main)
      this.#forget()
      this.#attach()
      await before.close().catch(() => undefined)
      this.#goOn(cause)
    } catch (error) {
      this.#poison(error)
    }
    observe('recovery', 'end')
  }

  #goOn(cause: unknown): void {
    if (this.#state === 'recovering') this.#state = 'open'
    this.wal.reset(0)
    this.condition.noteWritten()
    this.publication.resume()
    if (this.others.isWanted) this.#backend.watch(true)
    const message = 'The disk failed once; the store was opened again and everything in it made durable.'
    this.options.report({ type: 'recovered', message, error: cause })
    this.queue.resume('recovery')
  }

  #poison(error: unknown): void {
    if (this.#state === 'recovering') this.#state = 'poisoned'
    this.publication.giveUp()
    this.queue.rejectAll(poisoned('the disk failed, and the store could not be made durable'))
    this.options.report({ type: 'poisoned', message: 'The disk failed and the store could not be made durable; it is read-only.', error })
  }

  #createRunner(): GroupRunner {
    const { seams, durability, maxCommitBytes } = this.options
    return new GroupRunner({
      ledger: this.ledger,
      history: this.history,
      requests: this.#requests,
      publication: this.publication,
      instance: this.instance,
      bootId: seams.bootId,
      maxCommitBytes,
      defaultDurability: durability,
      now: () => seams.clock.now(),
      createTx: (context) => this.#kinds.createTx(context),
      enter: (context) => {
        this.#running = context
      },
      refresh: () => this.#look(),
      onSettling: () => this.queue.noteSettling(),
      condition: this.condition,
      onUnknown: (error) => this.recover(error),
      onLocal: (changes) => this.watchers.tellLocal(changes),
      onWritten: (bytes) => {
        this.wal.noteWritten(bytes)
        this.pruner.noteHead()
      },
    })
  }
}
