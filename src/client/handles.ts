/** What `replica.<kind>` offers, by the sort of the kind and by what followers get of it. */
import type { ReplicaCommit } from '../protocol/commit-text.ts'
import type { Artifact, ArtifactIndexes, ArtifactsKind } from '../state/artifacts-kind.ts'
import type { CollectionKind } from '../state/collection-kind.ts'
import type { DocumentKind } from '../state/document-kind.ts'
import type { Frozen } from '../state/frozen.ts'
import type { FeedMode } from '../state/kind.ts'
import type { JobIndexes } from '../state/job.ts'
import type { JobsKind, StoredJob } from '../state/jobs-kind.ts'
import type { LogKind } from '../state/log-kind.ts'
import type { SettingsKind, SettingValue } from '../state/settings-kind.ts'
import type { Entry, LogEntry } from '../state/entry.ts'
import type { HeldKind } from './data/held-kind.ts'
import type { CollectionQuery, LogQuery, Page, Query } from '../state/query.ts'
import type { ServerPage, ServerReads } from './server-reads.ts'
import type { CommitListener, HeldState } from './sync/held-state.ts'

/** Every kind can be listened to. */
export interface Subscribable {
  /**
   * Calls back once for each commit that changes the kind, after it was applied whole; without a commit when everything may have changed,
   * as at the first snapshot. Returns the unsubscriber.
   */
  subscribe(callback: (commit: ReplicaCommit | undefined) => void): () => void
}

/** A document that is held. Reads are synchronous and never see a part of a commit. */
export interface DocumentReplica<Output> extends Subscribable {
  /** The value, frozen; undefined when there is none. The same object as long as it does not change. */
  get(): Frozen<Output> | undefined
  /** The value with the commit that wrote it. */
  entry(): Entry<Frozen<Output>> | undefined
  /** The value as the server has it, for one that is not held. */
  fetch(): Promise<Frozen<Output> | undefined>
}

/** A collection that is held. */
export interface CollectionReplica<Output, Indexes> extends CollectionOnServer<Output, Indexes> {
  /** How many records there are. */
  readonly size: number
  /** The record, frozen; undefined when there is none. The same object as long as it does not change. */
  get(key: string): Frozen<Output> | undefined
  /** The record with the commit that wrote it. */
  entry(key: string): Entry<Frozen<Output>> | undefined
  /**
   * A page of records in the order of a declared index, or of the keys; as in the store, but for the text of `next`.
   *
   * @throws ReplicaError INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID
   */
  find(query?: CollectionQuery<Output, Indexes>): Page<Frozen<Output>>
  /** How many records a query finds on all its pages. */
  count(query?: CollectionQuery<Output, Indexes>): number
}

/** What there is of any collection, held or not. */
export interface CollectionOnServer<Output, Indexes> extends Subscribable {
  /** A page as the server has it; kept until a commit may have changed it. */
  page(query?: CollectionQuery<Output, Indexes>): Promise<ServerPage<Frozen<Output>>>
  /** A record as the server has it; kept until a commit may have changed it. */
  fetch(key: string): Promise<Frozen<Output> | undefined>
}

/** A log of which the newest entries of each stream are held. */
export interface LogReplica<Output> extends LogOnServer<Output> {
  /** How many entries are held. */
  readonly size: number
  /** Held entries in ascending order: the newest ones, unless `after` asks for those that follow a number. */
  read(query?: LogQuery): readonly LogEntry<Frozen<Output>>[]
  /** How many entries of the log or of one stream are held. */
  count(query?: { readonly stream?: string }): number
}

/** What there is of any log, held or not. */
export interface LogOnServer<Output> extends Subscribable {
  /** Entries as the server has them, all streams back to the oldest; `next` is always undefined: go on by `before` or `after`. */
  page(query?: LogQuery): Promise<ServerPage<LogEntry<Frozen<Output>>>>
}

/** Settings that are not secret, as far as they were set at run time: defaults, and what a program was started with, stay with it. */
export interface SettingsReplica<Declared> extends Subscribable {
  get<Name extends keyof Declared & string>(name: Name): SettingValue<Declared[Name]> | undefined
}

type DocumentHandle<Output, Feed extends FeedMode> = Feed extends 'value'
  ? DocumentReplica<Output>
  : Subscribable & Pick<DocumentReplica<Output>, 'fetch'>

/** `replica.<name>` of a kind; nothing is held of one whose values stay home. */
export type HandleOf<Kind> =
  Kind extends DocumentKind<infer _Input, infer Output, infer Feed>
    ? DocumentHandle<Output, Feed>
    : Kind extends CollectionKind<infer _Input, infer Output, infer Indexes, infer Feed>
      ? Feed extends 'value'
        ? CollectionReplica<Output, Indexes>
        : CollectionOnServer<Output, Indexes>
      : Kind extends LogKind<infer _Input, infer Output, infer Feed>
        ? Feed extends 'value'
          ? LogReplica<Output>
          : LogOnServer<Output>
        : Kind extends ArtifactsKind<infer _Input, infer Output, infer Feed>
          ? Feed extends 'value'
            ? CollectionReplica<Artifact<Output>, ArtifactIndexes>
            : CollectionOnServer<Artifact<Output>, ArtifactIndexes>
          : Kind extends JobsKind<infer Types, infer Feed>
            ? Feed extends 'value'
              ? CollectionReplica<StoredJob<Types>, JobIndexes>
              : CollectionOnServer<StoredJob<Types>, JobIndexes>
            : Kind extends SettingsKind<infer Declared>
              ? SettingsReplica<Declared>
              : never

export interface HandleParts {
  readonly held: HeldState
  readonly reads: ServerReads
}

const noPage: Page<unknown> = Object.freeze({ items: Object.freeze([]), next: undefined })

/** One kind, whatever its sort turns out to be; its methods can be taken off it. */
export function createHandle(name: string, { held, reads }: HandleParts): object {
  const kind = (): HeldKind | undefined => held.kind(name)
  return Object.freeze({
    get size() {
      return kind()?.size ?? 0
    },
    get: (key = '') => kind()?.entry(key)?.value,
    entry: (key = '') => kind()?.entry(key),
    find: (query?: Query) => kind()?.find(query) ?? noPage,
    count: (query?: Query | LogQuery) => kind()?.count(query) ?? 0,
    read: (query?: LogQuery) => kind()?.read(query) ?? noPage.items,
    page: (query?: object) => reads.page(name, query),
    fetch: (key = '') => reads.fetch(name, key),
    subscribe: (callback: CommitListener) => held.subscribe(name, callback),
  })
}
