/**
 * What a replica holds, and who wants to know of it.
 *
 * Everything here is synchronous: a commit is applied whole, then its subscribers run, each seeing the state as of that commit; so no
 * reader ever sees a part of one. The first snapshot and each reset are one notification, without a commit.
 */
import type { Stopwatch } from '../../base/clock.ts'
import type { ReplicaChange, ReplicaCommit } from '../../protocol/commit-text.ts'
import type { DataSet } from '../data/data-set.ts'
import type { HeldKind } from '../data/held-kind.ts'
import { getOrAdd } from '../get-or-add.ts'
import { notDeclared } from '../replica-error.ts'
import { createListeners, type Listeners } from './listeners.ts'
import { createPauses, type Pauses } from './pauses.ts'
import type { StatusBoard } from './status.ts'

/** Told of each commit that was applied, whole; without one when everything may have changed. */
export type CommitListener = (commit: ReplicaCommit | undefined) => void

export interface HeldState {
  readonly data: DataSet | undefined
  /** Resolves with the first snapshot. */
  readonly ready: Promise<void>
  /** Pauses that end whenever the server has said where the history is, also when that is nothing new. */
  readonly moves: Pauses
  /** A kind, undefined before the first snapshot. @throws ReplicaError KIND_UNKNOWN */
  kind(name: string): HeldKind | undefined
  /** Puts a whole snapshot in place of everything. */
  install(data: DataSet): void
  /** Applies a commit to what is held, unless it has been. @throws ReplicaError CURSOR_DIVERGED when it is of another history */
  apply(commit: ReplicaCommit): void
  /** Moves on over commits that change nothing here. @throws ReplicaError CURSOR_DIVERGED */
  move(cursor: string): void
  /** Returns the unsubscriber. @param kind all when undefined */
  subscribe(kind: string | undefined, callback: CommitListener): () => void
  /** There may be a first snapshot from now on. */
  expect(): void
  /** There will be none until somebody does something. */
  refuse(error: unknown): void
}

export interface HeldStateParts {
  readonly clock: Stopwatch
  readonly status: StatusBoard
  readonly closed: AbortSignal
  /** The kinds that were chosen; all when undefined. */
  readonly kinds: readonly string[] | undefined
  readonly onError: (error: unknown) => void
  /** Run before subscribers are, with the changes of a commit, or undefined when everything may have changed. */
  readonly onMove: (changes: readonly ReplicaChange[] | undefined, revision: number) => void
}

export function createHeldState(parts: HeldStateParts): HeldState {
  const { status, closed, kinds, onMove } = parts
  const everything: Listeners<[ReplicaCommit | undefined]> = createListeners(parts)
  const byKind = new Map<string, typeof everything>()
  const moves = createPauses(parts.clock)
  let data: DataSet | undefined
  let ready = Promise.withResolvers<void>()

  const moved = ({ cursor, revision }: DataSet, changes?: readonly ReplicaChange[]): void => {
    onMove(changes, revision)
    moves.wake()
    status.set({ cursor, revision })
  }

  const notify = (commit?: ReplicaCommit): void => {
    for (const kind of new Set(commit?.changes.map((change) => change.kind) ?? byKind.keys())) byKind.get(kind)?.notify(commit)
    everything.notify(commit)
  }

  return {
    get data() {
      return data
    },
    get ready() {
      return ready.promise
    },
    moves,
    kind(name) {
      const declared = kinds ?? (data && [...data.kinds.keys()])
      if (declared && !declared.includes(name)) throw notDeclared('KIND_UNKNOWN', name, { kind: name, declared })
      return data?.kinds.get(name)
    },
    install(next) {
      data = next
      ready.resolve()
      moved(next)
      notify()
    },
    apply(commit) {
      const held = data as DataSet
      if (closed.aborted || !held.isBehind(commit.cursor)) return
      held.apply(commit)
      moved(held, commit.changes)
      if (commit.changes.length > 0) notify(commit)
    },
    move(cursor) {
      const held = data as DataSet
      if (closed.aborted) return
      if (held.isBehind(cursor)) held.cursor = cursor
      moved(held, [])
    },
    subscribe: (kind, callback) => (kind ? getOrAdd(byKind, kind, () => createListeners(parts)) : everything).add(callback),
    expect() {
      if (data) return
      ready = Promise.withResolvers()
      // Whoever does not wait for it learns from the status.
      ready.promise.catch(() => undefined)
    },
    refuse: (error) => ready.reject(error),
  }
}
