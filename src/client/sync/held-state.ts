/**
 * What a replica holds, and who wants to know of it.
 *
 * Everything here is synchronous: a commit is applied whole, then its subscribers run, each seeing the state as of that commit; so no
 * reader ever sees a part of one. The first snapshot and each reset are one notification, without a commit.
 */
import { epochOf, type ReplicaCommit, revisionOf } from '../../protocol/commit-text.ts'
import type { DataSet, HeldKind } from '../data/data-set.ts'
import { kindUnknown, ReplicaError, replicaClosed } from '../replica-error.ts'
import { Listeners } from './listeners.ts'
import { Settling } from './settling.ts'
import type { StatusBoard } from './status.ts'

/** Told of each commit that was applied, whole; without one when everything may have changed. */
export type CommitListener = (commit: ReplicaCommit | undefined) => void

/** How the place in the history changed: by a commit, by commits that change nothing here, or to a snapshot. */
export type Move = ReplicaCommit | 'bookmark' | 'snapshot'

export class HeldState {
  readonly settling: Settling = new Settling()
  readonly #status: StatusBoard
  readonly #onError: (error: unknown) => void
  readonly #everything: Listeners<[ReplicaCommit | undefined]>
  readonly #byKind = new Map<string, Listeners<[ReplicaCommit | undefined]>>()
  readonly #onMove: (move: Move) => void
  #data: DataSet | undefined
  #ready = Promise.withResolvers<void>()
  #isRefused = false
  #isClosed = false

  /** @param onMove run before subscribers are */
  constructor(status: StatusBoard, onError: (error: unknown) => void, onMove: (move: Move) => void) {
    this.#status = status
    this.#onError = onError
    this.#onMove = onMove
    this.#everything = new Listeners(onError)
    this.#expectReady()
  }

  get data(): DataSet | undefined {
    return this.#data
  }

  /** Resolves with the first snapshot. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** A kind, undefined before the first snapshot. @throws ReplicaError KIND_UNKNOWN */
  kind(name: string): HeldKind | undefined {
    if (this.#data === undefined) return undefined
    const kind = this.#data.kinds.get(name)
    if (kind === undefined) throw kindUnknown(name, [...this.#data.kinds.keys()])
    return kind
  }

  /** Puts a whole snapshot in place of everything. */
  install(data: DataSet): void {
    if (this.#isClosed) return
    const before = this.#data?.epoch
    this.#data = data
    if (before !== undefined && before !== data.epoch) this.settling.left(before)
    this.#ready.resolve()
    this.#moved(data, 'snapshot')
    this.#notify(undefined, this.#byKind.keys())
  }

  /** Applies a commit unless it has been. @throws ReplicaError CURSOR_DIVERGED when it is of another history */
  apply(commit: ReplicaCommit): void {
    const data = this.#ahead(commit.cursor)
    if (data === undefined) return
    data.apply(commit)
    this.#moved(data, commit)
    if (commit.changes.length > 0) this.#notify(commit, new Set(commit.changes.map(({ kind }) => kind)))
  }

  /** Moves on over commits that change nothing here. @throws ReplicaError CURSOR_DIVERGED */
  move(cursor: string): void {
    const data = this.#ahead(cursor)
    if (data === undefined) return
    data.move(cursor)
    this.#moved(data, 'bookmark')
  }

  subscribe(kind: string | undefined, callback: CommitListener): () => void {
    if (this.#isClosed) return () => undefined
    if (kind === undefined) return this.#everything.add(callback)
    const listeners = this.#byKind.get(kind) ?? new Listeners(this.#onError)
    this.#byKind.set(kind, listeners)
    return listeners.add(callback)
  }

  /** There will be no snapshot until somebody does something. */
  refuse(error: ReplicaError): void {
    this.#isRefused = true
    this.#ready.reject(error)
  }

  /** A snapshot may come after all. */
  hope(): void {
    if (this.#isRefused && this.#data === undefined) this.#expectReady()
    this.#isRefused = false
  }

  close(): void {
    this.#isClosed = true
    this.#ready.reject(replicaClosed())
    this.settling.close()
    this.#everything.clear()
    for (const listeners of this.#byKind.values()) listeners.clear()
  }

  /** What is held, if the cursor is beyond it. */
  #ahead(cursor: string): DataSet | undefined {
    const data = this.#data
    if (this.#isClosed || data === undefined) return undefined
    if (epochOf(cursor) !== data.epoch) {
      const details = { revision: revisionOf(cursor), reason: 'epoch' }
      throw new ReplicaError('CURSOR_DIVERGED', 'The feed goes on in another history. The replica resets itself.', details)
    }
    return revisionOf(cursor) > data.revision ? data : undefined
  }

  #moved(data: DataSet, move: Move): void {
    this.settling.reached(data)
    this.#onMove(move)
    this.#status.follow(data)
  }

  #notify(commit: ReplicaCommit | undefined, kinds: Iterable<string>): void {
    for (const kind of [...kinds]) this.#byKind.get(kind)?.notify(commit)
    this.#everything.notify(commit)
  }

  #expectReady(): void {
    this.#ready = Promise.withResolvers<void>()
    // Whoever does not wait for it learns from the status.
    this.#ready.promise.catch(() => undefined)
  }
}
