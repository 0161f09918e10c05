/**
 * The engine of one open store: connections, ledger, queue, publication, feed. What kinds mean is not its business.
 *
 *   open ─close()─▶ closing ─▶ closed          a failed disk: open ─▶ recovering ─▶ open | poisoned (read-only)
 *
 * Everything here runs on one thread, in turns of its event loop. Nothing waits for the disk or for another process: that is
 * the helper's (backend) or the queue's timer.
 */
import { HoldfastError } from '../base/error.ts'
import type { Report } from '../base/report.ts'
import type { Change, Commit } from '../state/change.ts'
import type { Durability } from '../state/durability.ts'
import type { Backend } from './backend.ts'
import type { CommitContext } from './commit/commit-context.ts'
import { CommitGroup } from './commit/commit-group.ts'
import { CommitQueue } from './commit/commit-queue.ts'
import { type CommitOptions, CommitRequest, type CommitResult } from './commit/commit-request.ts'
import { GroupRunner } from './commit/group-runner.ts'
import { Requests } from './commit/requests.ts'
import { Feed } from './feed/feed.ts'
import { Publication } from './feed/publication.ts'
import { Watchers } from './feed/watchers.ts'
import { History } from './history/history.ts'
import { type HistoryRetention, Pruner } from './history/pruner.ts'
import { randomName } from './identity.ts'
import type { KindRuntime, StoredKind } from './kind-runtime.ts'
import { Ledger } from './ledger.ts'
import type { Seams } from './seams.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { Turn } from './turn.ts'
import { WalKeeper, walLimits } from './wal-keeper.ts'

export interface EngineOptions {
  readonly directory: string
  readonly readOnly: boolean
  readonly durability: Durability
  readonly queueLimit: number
  readonly deadlineMs: number
  readonly maxCommitBytes: number
  readonly retention: HistoryRetention
  readonly seams: Seams
  readonly report: Report
  /** Opens the same store again, with fresh connections. */
  readonly reopen: (engine: Engine) => Promise<Backend>
}

/** Commits after which the history is looked at for pruning. */
const pruneEvery = 256

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
  readonly #requests = new Requests()
  readonly #group: CommitGroup
  readonly #runner: GroupRunner
  readonly #closing = new AbortController()
  #state: EngineState = 'open'
  #backend: Backend
  #kinds: readonly KindRuntime[] = []
  #createTx: (context: CommitContext) => unknown = () => undefined
  #running: CommitContext | undefined
  #recovery: Promise<void> = Promise.resolve()
  #isWatching = false
  #pruneAt = 0
  #onClosed: () => void = () => undefined
  /** Records that did not parse, since open. */
  undecodable = 0

  constructor(backend: Backend, options: EngineOptions) {
    const { seams, report } = options
    this.options = options
    this.#backend = backend
    this.ledger = new Ledger(options.directory)
    this.ledger.attach(backend.main)
    this.history = new History(this.ledger)
    this.turn = new Turn(() => this.#look())
    this.wal = this.#createWalKeeper()
    this.publication = new Publication({
      ledger: this.ledger,
      plantedBug: seams.plantedBug,
      sync: async () => this.wal.noteSize(await this.#backend.sync()),
      onSyncFailed: (error) => this.recover(error),
    })
    this.feed = new Feed({
      ledger: this.ledger,
      history: this.history,
      publication: this.publication,
      kinds: () => this.kindsById,
      beginRead: (method) => this.beginRead(method),
      onFollowers: (count) => this.#watch(count > 0),
      closing: this.#closing.signal,
    })
    this.watchers = new Watchers({ feed: this.feed, history: this.history, publication: this.publication, report })
    this.snapshots = new Snapshots({
      clock: seams.clock,
      openReader: () => this.#backend.openReader(),
      whenPublished: (revision) => this.whenPublished(revision),
      head: () => this.publication.published,
    })
    this.#group = this.#createGroup()
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
    })
    this.wal.reset(backend.walBytes)
  }

  get state(): EngineState {
    return this.#state
  }

  get backend(): Backend {
    return this.#backend
  }

  get kinds(): readonly KindRuntime[] {
    return this.#kinds
  }

  kindsById: ReadonlyMap<number, KindRuntime> = new Map()

  /** Takes the kinds into service. `createTx` makes the `tx` of a commit from them. */
  install(kinds: readonly KindRuntime[], createTx: (context: CommitContext) => unknown): void {
    this.#kinds = kinds
    this.kindsById = new Map(kinds.map((kind) => [kind.id, kind]))
    this.#createTx = createTx
    this.#attach()
  }

  commit(callback: (tx: never) => unknown, options: CommitOptions): Promise<CommitResult<unknown>> {
    this.assertNotInCommit('commit')
    const refusal = this.#refuseCommit()
    if (refusal !== undefined) return Promise.reject(refusal)
    const request = new CommitRequest(callback, options, this.options.seams.clock.elapsed())
    try {
      this.queue.add(request)
    } catch (error) {
      return Promise.reject(error as Error)
    }
    return request.promise
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
    if (this.#running === undefined) return
    throw new HoldfastError('COMMIT_NESTED', `store.${method} was called inside a commit.`, { method })
  }

  /** @throws HoldfastError STORE_CLOSED */
  assertOpen(method: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') throw closed(method)
  }

  /** Resolves when a revision is published. */
  async whenPublished(revision: number): Promise<void> {
    while (this.publication.published.revision < revision) {
      if (this.#state === 'closed') throw closed('snapshot')
      await new Promise<void>((resolve) => {
        const stop = this.publication.subscribe(() => {
          stop()
          resolve()
        })
        if (!this.turn.isOpen) this.turn.begin()
        this.publication.proceed()
      })
    }
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

  /** Resolves when no recovery is under way. */
  recovered(): Promise<void> {
    return this.#recovery
  }

  noteUndecodable(kind: string, key: string): void {
    this.undecodable += 1
    this.options.report({ type: 'undecodable', message: `The stored value of ${kind} ${JSON.stringify(key)} does not parse; it is skipped.` })
  }

  /** Another process may have committed; commits up to `head` are durable. */
  noteChanged(head: number): void {
    if (this.#state !== 'open' || this.#running !== undefined) return
    try {
      if (this.turn.isOpen) this.turn.end()
      this.turn.begin()
    } catch (error) {
      this.options.report({ type: 'background-failed', message: 'Looking for commits of other processes failed.', error })
      return
    }
    this.publication.noteDurable(head)
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

  /** Refuses new commits, finishes those queued, ends followers, closes connections. Called again, it waits for the same. */
  async close(): Promise<void> {
    this.assertNotInCommit('close')
    this.#state = 'closing'
    await this.#recovery
    await this.queue.idle()
    await new Promise<void>((resolve) => this.publication.whenSettled(resolve, resolve))
    this.#closing.abort()
    this.wal.stop()
    this.pruner.stop()
    await this.#clearWeakMark()
    this.turn.end()
    this.#state = 'closed'
    this.snapshots.close()
    await this.#backend.close()
    this.#onClosed()
  }

  #attach(): void {
    const { main } = this.#backend
    this.turn.attach(main)
    this.history.attach(main)
    this.#requests.attach(main)
    this.#group.attach(main)
    if (!this.options.readOnly) {
      this.#runner.attach(main)
      this.pruner.attach(main)
    }
    this.#attachKinds()
  }

  #attachKinds(): void {
    const stored = readStoredKinds(this.#backend)
    for (const kind of this.#kinds) kind.attach(this.#backend.main, stored.get(kind.name))
  }

  /** Looks for what other connections wrote, inside a transaction that has just begun. */
  #look(): void {
    const foreign = this.ledger.refresh()
    if (foreign === undefined) return
    if (foreign.layoutChanged) this.#attachKinds()
    if (foreign.epochChanged) {
      this.#forget()
      this.publication.restart()
    } else if (foreign.headMoved) {
      this.publication.note(true)
      this.queue.noteContention()
    }
    this.publication.proceed()
  }

  #forget(): void {
    for (const kind of this.#kinds) kind.forget()
    this.feed.forget()
  }

  #begin(): void {
    this.turn.end()
    if (this.wal.isFull) {
      const details = { walBytes: this.wal.walBytes, maxBytes: walLimits.refuseBytes }
      throw new HoldfastError('WAL_FULL', `The write-ahead log has ${details.walBytes} bytes, and a reader holds on to it.`, details)
    }
    this.#runner.begin()
  }

  #refuseCommit(): HoldfastError | undefined {
    if (this.#state === 'closing' || this.#state === 'closed') return closed('commit')
    if (this.options.readOnly) return new HoldfastError('STORE_READ_ONLY', 'The store was opened read-only.', { method: 'commit' })
    if (this.#state === 'poisoned') return poisoned('an earlier write could not be made durable')
    return undefined
  }

  #watch(isOn: boolean): void {
    if (this.#isWatching === isOn || this.#state === 'closed') return
    this.#isWatching = isOn
    this.#backend.watch(isOn)
  }

  async #reopen(cause: unknown): Promise<void> {
    const { observe } = this.options.seams
    const before = this.#backend
    const { head } = this.ledger
    observe('recovery', 'begin')
    let fresh: Backend | undefined
    try {
      fresh = await this.options.reopen(this)
      await makeWhole(fresh, head.revision)
      this.turn.end()
      this.snapshots.close()
      this.#backend = fresh
      this.ledger.attach(fresh.main)
      this.#forget()
      this.#attach()
      await before.close().catch(() => undefined)
      this.#goOn(cause)
    } catch (error) {
      await fresh?.close().catch(() => undefined)
      this.#poison(error)
    }
    observe('recovery', 'end')
  }

  #goOn(cause: unknown): void {
    if (this.#state === 'recovering') this.#state = 'open'
    this.wal.reset(0)
    this.publication.resume()
    if (this.#isWatching) this.#backend.watch(true)
    this.options.report({ type: 'recovered', message: 'The disk failed once; the store was opened again and everything in it made durable.', error: cause })
    this.queue.resume('recovery')
  }

  #poison(error: unknown): void {
    if (this.#state === 'recovering') this.#state = 'poisoned'
    this.queue.rejectAll(poisoned('the disk failed, and the store could not be made durable'))
    this.options.report({ type: 'poisoned', message: 'The disk failed and the store could not be made durable; it is read-only.', error })
  }

  /** Everything is synced, so a loss of power from here on loses nothing: says so by taking the mark away. */
  async #clearWeakMark(): Promise<void> {
    if (!this.#runner.isMarkedWeak || this.#state === 'poisoned') return
    try {
      await this.#backend.sync()
      await this.#backend.runScript({
        guards: [],
        steps: [['DELETE FROM hf_weak WHERE instance = ?', this.instance]],
        deadlineMs: this.options.deadlineMs,
      })
    } catch (error) {
      this.options.report({ type: 'background-failed', message: 'The store was closed, but could not note it.', error })
    }
  }

  #createWalKeeper(): WalKeeper {
    const { seams, report } = this.options
    return new WalKeeper({
      clock: seams.clock,
      observe: seams.observe,
      measure: () => this.#backend.measure(),
      checkpoint: (mode, waitMs) => this.#backend.checkpoint(mode, waitMs),
      pause: () => this.queue.pause('checkpoint'),
      resume: () => this.queue.resume('checkpoint'),
      report: (error) => report({ type: 'background-failed', message: 'A checkpoint failed; it is tried again.', error }),
    })
  }

  #createGroup(): CommitGroup {
    return new CommitGroup({
      ledger: this.ledger,
      history: this.history,
      requests: this.#requests,
      instance: this.instance,
      maxCommitBytes: this.options.maxCommitBytes,
      defaultDurability: this.options.durability,
      now: () => this.options.seams.clock.now(),
      createTx: (context) => this.#createTx(context),
      enter: (context) => {
        this.#running = context
      },
    })
  }

  #createRunner(): GroupRunner {
    return new GroupRunner({
      ledger: this.ledger,
      publication: this.publication,
      group: this.#group,
      instance: this.instance,
      bootId: this.options.seams.bootId,
      refresh: () => this.#look(),
      onUnknown: (error) => this.recover(error),
      onWritten: (bytes) => this.#noteWritten(bytes),
    })
  }

  /** Now and then, when the history has grown, what retention lets go is pruned. */
  #noteWritten(changesBytes: number): void {
    this.wal.noteWritten(changesBytes)
    if (this.ledger.head.revision < this.#pruneAt) return
    this.#pruneAt = this.ledger.head.revision + pruneEvery
    this.prune().catch((error: unknown) => {
      if (this.#state === 'open') this.options.report({ type: 'background-failed', message: 'Pruning the history failed; it is tried again.', error })
    })
  }

  /** Deletes what retention lets go; answers with the number of commits deleted. */
  async prune(): Promise<number> {
    if (this.#state !== 'open' || this.options.readOnly) return 0
    return this.pruner.run()
  }
}

function closed(method: string): HoldfastError<'STORE_CLOSED'> {
  return new HoldfastError('STORE_CLOSED', `store.${method} was called on a store that is closed or closing.`, { method })
}

function poisoned(reason: string): HoldfastError<'STORE_POISONED'> {
  return new HoldfastError('STORE_POISONED', `The store is read-only: ${reason}.`, { reason })
}

/** Copies the log of a reopened store into the database and syncs both; a history that has become shorter is another one. */
async function makeWhole(backend: Backend, knownRevision: number): Promise<void> {
  const result = await backend.checkpoint('TRUNCATE', 2000)
  if (result.isBusy) throw new HoldfastError('STORE_BUSY', 'A reader kept the log from being copied.', { waitedMs: 2000 })
  const head = Number(backend.main.prepare('SELECT max(revision) FROM hf_commit').get()?.[0] ?? 0)
  if (head >= knownRevision) return
  await backend.runScript({ guards: [], steps: [["UPDATE hf_meta SET value = ? WHERE name = 'epoch'", randomName()]], deadlineMs: 2000 })
  await backend.sync()
}

/** The kinds as the store has them, by name. */
export function readStoredKinds({ main }: Pick<Backend, 'main'>): ReadonlyMap<string, StoredKind> {
  const rows = main.prepare('SELECT id, name, description FROM hf_kind').all()
  return new Map(
    rows.map(([id, name, description]) => {
      const stored = { id: Number(id), name: String(name), description: JSON.parse(String(description)) as StoredKind['description'] }
      return [stored.name, stored]
    }),
  )
}
