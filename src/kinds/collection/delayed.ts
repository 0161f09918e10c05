/** What `store.<collection>` offers more where it is written behind: writes outside commits, and reads that see them at once (rule D3). */
import type { PendingRecords } from '../../engine/delayed/pending-records.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import type { Frozen } from '../../state/frozen.ts'
import { assertKeyText } from '../../state/value.ts'
import type { Finder } from './finder.ts'
import type { CollectionReads } from './reads.ts'
import { recordOf } from './record-of.ts'

/** Writes of a collection declared `delayed`. The last of a record within 100 ms wins. */
export interface DelayedWrites<Input> {
  /** Seen by this process at once, committed within 100 ms. @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID · COMMIT_NESTED · STORE_CLOSED · STORE_READ_ONLY */
  put(value: Frozen<Input>): void
  /** As `put`, for a record that is to be gone. */
  delete(key: string): void
  /**
   * Forgets the last write of a record, where that is not committed yet: reads see what is committed again. False when nothing is pending.
   *
   * @throws HoldfastError VALUE_INVALID · COMMIT_NESTED · STORE_CLOSED · STORE_READ_ONLY
   */
  revert(key: string): boolean
}

interface DelayedParts {
  readonly kind: CollectionKind
  readonly records: RecordSet
  readonly pending: PendingRecords
  /** Finds what is pending as well. */
  readonly finder: Finder
  readonly services: KindServices
  /** Reads of what is committed. */
  readonly reads: CollectionReads<unknown>
}

export function createDelayedCollection(parts: DelayedParts): CollectionReads<unknown> & DelayedWrites<unknown> {
  const { kind, records, pending, finder, services, reads } = parts
  return Object.freeze({
    ...reads,
    get(key: string) {
      const write = pending.get(key)
      if (write === undefined) return reads.get(key)
      services.beginRead('get')
      return write.value
    },
    entry(key: string) {
      const committed = reads.entry(key)
      const write = pending.get(key)
      if (write === undefined) return committed
      const { value, at } = write
      return value === undefined ? undefined : Object.freeze({ value, revision: committed?.revision ?? 0, at })
    },
    find(query = {}) {
      services.beginRead('find')
      return finder.find(query)
    },
    count(query = {}) {
      services.beginRead('count')
      return finder.count(query)
    },
    put(value: unknown) {
      services.beginWrite(`${records.name}.put`)
      const { key, stored } = recordOf(kind, records.name, value)
      // What an index cannot hold would be refused by the flush, where nobody hears it.
      records.columnsOf(key, stored.data)
      pending.write(key, stored)
    },
    delete(key: string) {
      services.beginWrite(`${records.name}.delete`)
      assertKeyText('key', key)
      pending.write(key, undefined)
    },
    revert(key: string) {
      services.beginWrite(`${records.name}.revert`)
      assertKeyText('key', key)
      return pending.revert(key)
    },
  })
}
