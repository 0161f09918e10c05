/** The open store, as its users see it. */
import type { CommitOptions, CommitResult } from '../engine/commit/commit-request.ts'
import type { SnapshotRecord } from '../engine/records/record-snapshot.ts'
import type { KindSnapshot, Snapshot } from '../engine/snapshot/snapshot.ts'
import type { ArtifactsReads } from '../kinds/artifacts/reads.ts'
import type { ArtifactsTx } from '../kinds/artifacts/tx.ts'
import type { DelayedWrites } from '../kinds/collection/delayed.ts'
import type { CollectionReads } from '../kinds/collection/reads.ts'
import type { CollectionTx } from '../kinds/collection/tx.ts'
import type { DelayedSet } from '../kinds/document/delayed.ts'
import type { DocumentReads } from '../kinds/document/reads.ts'
import type { DocumentTx } from '../kinds/document/tx.ts'
import type { LogEntry } from '../state/entry.ts'
import type { JobsReads } from '../kinds/jobs/reads.ts'
import type { JobsTx } from '../kinds/jobs/tx.ts'
import type { LogReads } from '../kinds/log/reads.ts'
import type { LogTx } from '../kinds/log/tx.ts'
import type { SessionsReads } from '../kinds/sessions/reads.ts'
import type { SessionsTx } from '../kinds/sessions/tx.ts'
import type { SettingsReads } from '../kinds/settings/reads.ts'
import type { SettingsTx } from '../kinds/settings/tx.ts'
import type { AppendChange, Commit, DeleteChange, PutChange, TrimChange } from '../state/change.ts'
import type { Artifact, ArtifactsKind } from '../state/artifacts-kind.ts'
import type { CollectionKind } from '../state/collection-kind.ts'
import type { Kinds, StateDefinition } from '../state/define-state.ts'
import type { DocumentKind } from '../state/document-kind.ts'
import type { Frozen } from '../state/frozen.ts'
import type { JobsKind, StoredJob } from '../state/jobs-kind.ts'
import type { LogKind } from '../state/log-kind.ts'
import type { SessionsKind } from '../state/sessions-kind.ts'
import type { SettingsKind, SettingValue } from '../state/settings-kind.ts'
import type { Health } from './health.ts'

/** `store.<name>` of a kind; `Tx` is what commits of its store get. */
export type ReadsOf<Kind, Tx = unknown> =
  Kind extends DocumentKind<infer Input, infer Output, infer Feed, infer Rung>
    ? DocumentReads<Output, Feed, Rung> & (Rung extends 'delayed' ? DelayedSet<Input> : unknown)
    : Kind extends CollectionKind<infer Input, infer Output, infer Indexes, infer Feed, infer Rung>
      ? CollectionReads<Output, Indexes, Feed, Rung> & (Rung extends 'delayed' ? DelayedWrites<Input> : unknown)
      : Kind extends LogKind<infer _Input, infer Output, infer Feed>
        ? LogReads<Output, Feed>
        : Kind extends ArtifactsKind<infer Input, infer Output, infer Feed>
          ? ArtifactsReads<Input, Output, Feed>
          : Kind extends JobsKind<infer Types, infer Feed>
            ? JobsReads<Types, Feed, Tx>
            : Kind extends SettingsKind<infer Declared>
              ? SettingsReads<Declared>
              : Kind extends SessionsKind<infer Input, infer Output>
                ? SessionsReads<Input, Output>
                : never

/** `tx.<name>` of a kind. */
export type TxOf<Kind> =
  Kind extends DocumentKind<infer Input, infer Output>
    ? DocumentTx<Input, Output>
    : Kind extends CollectionKind<infer Input, infer Output, infer Indexes>
      ? CollectionTx<Input, Output, Indexes>
      : Kind extends LogKind<infer Input, infer Output>
        ? LogTx<Input, Output>
        : Kind extends ArtifactsKind<infer Input, infer Output>
          ? ArtifactsTx<Input, Output>
          : Kind extends JobsKind<infer Types>
            ? JobsTx<Types['given'], StoredJob<Types>>
            : Kind extends SettingsKind<infer Declared>
              ? SettingsTx<Declared>
              : Kind extends SessionsKind
                ? SessionsTx
                : never

/** The changes of a kind in a commit. */
export type ChangesOf<Kind, Name extends string> =
  Kind extends LogKind<infer _Input, infer Output, infer Feed>
    ? AppendChange<Output, Name, Feed> | TrimChange<Name>
    : Kind extends DocumentKind<infer _Input, infer Output, infer Feed>
      ? PutChange<Output, Name, Feed> | DeleteChange<Output, Name, Feed>
      : Kind extends CollectionKind<infer _Input, infer Output, infer _Indexes, infer Feed>
        ? PutChange<Output, Name, Feed> | DeleteChange<Output, Name, Feed>
        : Kind extends ArtifactsKind<infer _Input, infer Output, infer Feed>
          ? PutChange<Artifact<Output>, Name, Feed> | DeleteChange<Artifact<Output>, Name, Feed>
          : Kind extends JobsKind<infer Types, infer Feed>
            ? PutChange<StoredJob<Types>, Name, Feed> | DeleteChange<StoredJob<Types>, Name, Feed>
            : Kind extends SettingsKind<infer Declared, infer Feed>
              ? PutChange<PlainValueOf<Declared>, Name, Feed> | DeleteChange<PlainValueOf<Declared>, Name, Feed>
              : never

/** Values of any of some settings. */
type PlainValueOf<Declared> = NonNullable<{ [Name in keyof Declared]: SettingValue<Declared[Name]> }[keyof Declared]>

type ItemOf<Kind> =
  Kind extends LogKind<infer _Input, infer Output>
    ? LogEntry<Frozen<Output>>
    : Kind extends DocumentKind<infer _Input, infer Output> | CollectionKind<infer _Input, infer Output>
      ? SnapshotRecord<Frozen<Output>>
      : Kind extends ArtifactsKind<infer _Input, infer Output>
        ? SnapshotRecord<Frozen<Artifact<Output>>>
        : Kind extends JobsKind<infer Types>
          ? SnapshotRecord<Frozen<StoredJob<Types>>>
          : Kind extends SettingsKind<infer Declared>
            ? SnapshotRecord<PlainValueOf<Declared>>
            : never

/** A commit, typed by the kinds it may change. */
export type CommitOfKinds<Declared extends Kinds, Names extends keyof Declared = keyof Declared> = Commit<
  { [Name in Names & string]: ChangesOf<Declared[Name], Name> }[Names & string]
>

/** Each kind by name, to be written. */
export type TxOfKinds<Declared extends Kinds> = { readonly [Name in keyof Declared]: TxOf<Declared[Name]> }

/** A commit's callback must not be asynchronous: this stands where its options would. */
type CommitArguments<Value> =
  Extract<Value, PromiseLike<unknown>> extends never
    ? readonly [options?: CommitOptions]
    : readonly [refused: 'the callback of a commit must be synchronous']

/** Options of `store.follow`. */
export interface FollowOptions<Name extends string = string> {
  /** Cursor of the last commit already applied; everything retained when not given. */
  readonly after?: string | undefined
  /** Follow only these kinds; all when not given. */
  readonly kinds?: readonly Name[] | undefined
  /** Ends the following. */
  readonly signal?: AbortSignal | undefined
}

/** What became of a commit whose outcome was not known. */
export type Lookup =
  | { readonly outcome: 'committed'; readonly revision: number; readonly at: number }
  /** It is not in the history, and would be if it had been committed. */
  | { readonly outcome: 'absent' }
  /** The history no longer reaches back far enough to tell. */
  | { readonly outcome: 'unknown' }

/** Who last wrote a record. */
export interface Origin {
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** The rest is undefined once the commit is pruned. */
  readonly instance: string | undefined
  readonly actor: string | undefined
  readonly label: string | undefined
}

export interface StoreMethods<Declared extends Kinds> {
  /** Real path of the directory; `:memory:` for a store in memory. */
  readonly directory: string
  /** The state it was opened with. */
  readonly state: StateDefinition<Declared>
  /** The newest published commit, as a place to follow from. */
  readonly cursor: string

  /**
   * Changes the state: everything the callback writes through `tx`, or nothing.
   *
   * The callback is synchronous and runs once, in a later turn of the event loop, in one transaction with the commits
   * queued beside it. The promise resolves when the commit is as durable as asked (default `power`: it survives a loss of power).
   *
   * @throws HoldfastError COMMIT_NESTED, at once, when called inside a commit
   * @returns rejects with what the callback throws, or HoldfastError REVISION_CONFLICT · UNIQUE_CONFLICT · SCHEMA_REJECTED ·
   * VALUE_INVALID · COMMIT_TOO_LARGE · COMMIT_CALLBACK_ASYNC · ID_REUSED · QUEUE_FULL · STORE_BUSY · WAL_FULL · DISK_FULL (nothing
   * applied), or COMMIT_UNKNOWN (see `lookup`)
   */
  commit<Value>(callback: (tx: TxOfKinds<Declared>) => Value, ...options: CommitArguments<Value>): Promise<CommitResult<Value>>

  /**
   * A consistent view of these kinds (default: all that have a feed) at one revision, as bytes: the newest 200 entries of each
   * stream of a log, every record of other kinds.
   *
   * @param options `shared`: one up to a second or 1,000 commits old will do, or of any age while nothing is committed, which serves many for the cost of one
   * @throws HoldfastError KIND_UNKNOWN · SNAPSHOT_TOO_SLOW · STORE_CLOSED
   */
  snapshot<Name extends keyof Declared & string = keyof Declared & string>(
    kinds?: readonly Name[],
    options?: { readonly shared?: boolean },
  ): Promise<Snapshot<{ readonly [Kind in Name]: KindSnapshot<ItemOf<Declared[Kind]>> }>>

  /**
   * Follows the feed from `after`: history first, then live, no gap and no repeat.
   *
   * Yields one item per published commit, ascending revision; a commit is never split. A commit without changes is a bookmark:
   * it moves the cursor over commits that change nothing this follower may see. Ends when `signal` aborts or the store closes; until
   * then it keeps the process alive, which an open store and its watchers do not.
   *
   * @throws HoldfastError CURSOR_INVALID · CURSOR_EXPIRED · CURSOR_IN_FUTURE · CURSOR_DIVERGED · KIND_UNKNOWN
   */
  follow<Name extends keyof Declared & string = keyof Declared & string>(
    options?: FollowOptions<Name>,
  ): AsyncGenerator<CommitOfKinds<Declared, Name>, void, void>

  /** Whether the commit of a COMMIT_UNKNOWN error, by its `details.token`, is in the history. */
  lookup(token: string): Promise<Lookup>

  /** Who last wrote a record (`key`), or a document; undefined when there is none. */
  why(kind: keyof Declared & string, key?: string): Origin | undefined

  /**
   * Commits what was written behind (kinds of durability `delayed`) and resolves when that is as durable as the store's commits.
   * It happens by itself within 100 ms, and when the store closes.
   *
   * @returns rejects with what the commit failed with, or with what one of the writes is refused for while the others are committed
   * (`health().refusedWrites`); what was written stays pending, and is tried again by itself
   */
  flush(): Promise<void>

  /** How the store is. */
  health(): Health

  /** Deletes the history that retention lets go; answers with the number of commits deleted. It happens by itself, too. */
  prune(): Promise<number>

  /**
   * Refuses what is new, has running jobs end or gives them back, finishes the commits that are queued, makes them durable, ends followers
   * and releases the directory. Idempotent.
   *
   * What is not done 4 s after the longest drain of a worker (default 5 s) is given up, and reported.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An open store of these kinds: its methods, and each kind by name. */
export type StoreOf<Declared extends Kinds> = StoreMethods<Declared> & {
  readonly [Name in keyof Declared]: ReadsOf<Declared[Name], TxOfKinds<Declared>>
}

/** An open store, by its state: `Store<typeof netscan>`. */
export type Store<State extends StateDefinition = StateDefinition> = StoreOf<State['kinds']>

/** The `tx` of a commit, by the state: `Tx<typeof netscan>`. */
export type Tx<State extends StateDefinition = StateDefinition> = TxOfKinds<State['kinds']>

/** A commit of a state, typed by its kinds, or by some of them: `CommitOf<typeof netscan, 'hosts'>`. */
export type CommitOf<
  State extends StateDefinition = StateDefinition,
  Names extends keyof State['kinds'] = keyof State['kinds'],
> = CommitOfKinds<State['kinds'], Names>
