import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Commit, DeleteChange, PutChange, WatchedCommit } from '../../state/change.ts'
import type { Entry } from '../../state/entry.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { FeedMode } from '../../state/kind.ts'

/** What `store.<document>` offers. Reads are synchronous and see the newest commit, durable or not. */
export interface DocumentReads<Output, Feed extends FeedMode = FeedMode, Rung = unknown> {
  /** The value, frozen; undefined when it was never set or is deleted. The same object as long as it does not change. */
  get(): Frozen<Output> | undefined
  /** The value with the commit that wrote it. */
  entry(): Entry<Frozen<Output>> | undefined
  /** Calls back once for each published commit that changes the document. Returns the unsubscriber. */
  watch(
    watcher: (
      changes: readonly (PutChange<Output, string, Feed> | DeleteChange<Output, string, Feed>)[],
      ...commit: WatchedCommit<Rung>
    ) => void,
  ): () => void
}

export function createDocumentReads(records: RecordSet, services: KindServices): DocumentReads<unknown> {
  return Object.freeze({
    get() {
      services.beginRead('get')
      return records.get('')
    },
    entry() {
      services.beginRead('entry')
      return records.entry('')
    },
    watch(watcher: (changes: never, commit: Commit) => void) {
      return services.watch(records.name, watcher as never)
    },
  })
}
