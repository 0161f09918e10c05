/** What the engine asks of a kind. Each folder under `kinds/` answers it. */
import type { Clock, Random } from '../base/clock.ts'
import type { Report } from '../base/report.ts'
import type { FeedMode } from '../state/kind.ts'
import type { Connection } from '../sqlite/driver.ts'
import type { Repetition, Step } from '../sqlite/helper-protocol.ts'
import type { CommitContext } from './commit/commit-context.ts'
import type { CommitOptions, CommitResult } from './commit/commit-request.ts'
import type { PendingRecords } from './delayed/pending-records.ts'
import type { Ledger } from './ledger.ts'
import type { RecordSet } from './records/record-set.ts'
import type { LineReader } from './snapshot/snapshot.ts'
import type { SnapshotSource } from './snapshot/snapshot-source.ts'
import type { Change, Commit } from '../state/change.ts'

/** A kind as hf_kind has it. `description` is what the kind itself wrote there. */
export interface StoredKind {
  readonly id: number
  readonly name: string
  readonly description: { readonly type: string; readonly feed: FeedMode; readonly [fact: string]: unknown }
}

/** How the tables of a kind become what is declared. */
export interface TablePlan {
  /** To be stored in hf_kind. */
  readonly description: StoredKind['description']
  /** SQL to run, in order, in one transaction with that. */
  readonly steps: readonly Step[]
  /** Names of stored indexes that are no longer declared; they are kept up. */
  readonly kept: readonly string[]
}

/** What a kind may use of its store. */
export interface KindServices {
  readonly ledger: Ledger
  /** The turn whose reads are open; see `Turn.number`. */
  readonly turn: { readonly number: number }
  /** Begins a read outside a commit. @throws HoldfastError COMMIT_NESTED · STORE_CLOSED */
  beginRead(method: string): void
  /** Looks whether something may be written outside a commit now. @throws HoldfastError COMMIT_NESTED · STORE_CLOSED · STORE_READ_ONLY */
  beginWrite(method: string): void
  /** Where records of a kind are kept that are written behind. */
  pend(records: RecordSet): PendingRecords
  watch(kind: string, watcher: (changes: readonly Change[], commit: Commit) => void): () => void
  /** Calls back when another process was seen to have committed; see `Others`. Returns the unsubscriber. */
  watchOthers(callback: () => void): () => void
  /** Resolves when what is there now is published. @throws HoldfastError STORE_CLOSED · STORE_POISONED when it will not be */
  whenPublished(): Promise<void>
  onUndecodable(kind: string, key: string): void
  /**
   * Queues a commit that writes one kind alone, for what a kind does by itself or offers outside `store.commit`.
   *
   * @param write gets what `tx.<kind>` is in that commit; synchronous, runs once, later
   * @returns rejects as `store.commit` does
   */
  commit<Value>(kind: string, write: (tx: never) => Value, options?: CommitOptions): Promise<CommitResult<Value>>
  /** As `commit`, with the whole `tx`. */
  transact<Value>(write: (tx: never) => Value, options?: CommitOptions): Promise<CommitResult<Value>>
  /** Has the helper run a statement again and again. Ask anew whenever the kind is attached: the helper may be another one. */
  repeat(repetition: Repetition): void
  /** What `store.<kind>` is of another kind. */
  readsOf(kind: string): object
  /** What `tx.<kind>` of another kind is in a commit. */
  txOf(kind: string, commit: CommitContext): object
  /** Queues a commit that a kind makes by itself, with the commit in hand. */
  commitOwn(write: (commit: CommitContext) => void, options: CommitOptions): Promise<unknown>
  readonly clock: Clock
  readonly random: Random
  /** Names the boot of this machine. */
  readonly bootId: string
  readonly report: Report
  /** Aborted once nothing more can be committed, because the store is closed. */
  readonly closed: AbortSignal
  /** Absolute path of the store's directory; undefined for a store in memory. */
  readonly directory: string | undefined
  /** This open of the store, in the history. */
  readonly instance: string
  readonly readOnly: boolean
}

/** A kind at work in one open store. */
export interface KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  /** Records of which nothing leaves the process, whatever the feed: they are in no feed, and watchers get their keys alone. */
  readonly isSecret?: (key: string) => boolean
  /** What `store.<name>` is. */
  readonly reads: object
  /** As `reads`, of what is committed alone, where `reads` also see what was written behind. */
  readonly committed?: object | undefined
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader
  /** False where a read-only store does not have the kind: it reads as empty. */
  readonly isStored: boolean
  /** Prepares everything anew for a connection. `stored` is undefined where a read-only store does not have the kind. */
  attach(connection: Connection, stored: StoredKind | undefined): void
  /** What `tx.<name>` is in one commit. */
  createTx(commit: CommitContext): object
  /** Which commit last wrote a record, a document (`''`) or an entry (its number); undefined when there is none. */
  origin(key: string): { readonly revision: number; readonly at: number } | undefined
  /** Drops everything remembered: the history is another one. */
  forget(): void
  /** Begins what the kind does by itself, such as sweeping; called once, when a store that can be written is open. */
  start?(): void
  /** How long `stop` lets work of its own run that was promised more time than usual, ms. */
  readonly drainMs?: number
  /** Ends that: takes no new work, and resolves when nothing of its own is left to commit. Called before the store refuses commits. */
  stop?(): Promise<void>
}
