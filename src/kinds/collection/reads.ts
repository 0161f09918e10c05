import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Commit, DeleteChange, PutChange, WatchedCommit } from '../../state/change.ts'
import type { Entry } from '../../state/entry.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { CollectionQuery, Page, Query } from '../../state/query.ts'
import { assertKeyText } from '../../state/value.ts'
import type { Finder } from './finder.ts'

/** Reads that a collection offers in the store and inside commits alike. */
export interface CollectionLookups<Output, Indexes> {
  /** The record, frozen; undefined when there is none. The same object as long as it does not change. */
  get(key: string): Frozen<Output> | undefined
  /** The record with the commit that wrote it. */
  entry(key: string): Entry<Frozen<Output>> | undefined
  /**
   * A page of records in the order of a declared index, or of the keys.
   *
   * @throws HoldfastError INDEX_UNKNOWN · PAGE_INVALID
   */
  find(query?: CollectionQuery<Output, Indexes>): Page<Frozen<Output>>
  /** How many records a query finds on all its pages; time grows with that number. */
  count(query?: CollectionQuery<Output, Indexes>): number
}

/** What `store.<collection>` offers. Reads are synchronous and see the newest commit, durable or not. */
export interface CollectionReads<Output, Indexes = unknown, Feed extends FeedMode = FeedMode, Rung = unknown> extends CollectionLookups<
  Output,
  Indexes
> {
  /** Calls back once for each published commit that changes the collection. Returns the unsubscriber. */
  watch(
    watcher: (
      changes: readonly (PutChange<Output, string, Feed> | DeleteChange<Output, string, Feed>)[],
      ...commit: WatchedCommit<Rung>
    ) => void,
  ): () => void
}

export function createCollectionReads(records: RecordSet, finder: Finder, services: KindServices): CollectionReads<unknown> {
  return Object.freeze({
    get(key: string) {
      services.beginRead('get')
      if (typeof key !== 'string') assertKeyText('key', key)
      return records.get(key)
    },
    entry(key: string) {
      services.beginRead('entry')
      if (typeof key !== 'string') assertKeyText('key', key)
      return records.entry(key)
    },
    find(query: Query = {}) {
      services.beginRead('find')
      return finder.find(query)
    },
    count(query?: Query) {
      services.beginRead('count')
      return query === undefined ? records.count() : finder.count(query)
    },
    watch(watcher: (changes: never, commit: Commit) => void) {
      return services.watch(records.name, watcher as never)
    },
  })
}
