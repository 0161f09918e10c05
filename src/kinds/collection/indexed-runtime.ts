import type { StoredKind } from '../../engine/kind-runtime.ts'
import { type RecordsPlace, RecordsRuntime } from '../../engine/records/records-runtime.ts'
import type { ColumnLayout } from '../../engine/records/record-set.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createColumns } from './columns.ts'
import { Finder } from './finder.ts'
import type { QueryPlace } from './query.ts'
import { type CollectionLayout, type IndexedKind, layoutOf, layoutOfNew } from './tables.ts'

/** Where records are, once they are attached. */
export interface Attached {
  /** Undefined where a read-only store does not have the kind. */
  readonly there: Connection | undefined
  readonly layout: CollectionLayout
  readonly columns: ColumnLayout
  readonly place: QueryPlace
}

/** A kind that is made of records with indexes, at work. */
export abstract class IndexedRuntime extends RecordsRuntime {
  readonly finder: Finder

  constructor(place: RecordsPlace) {
    super(place)
    this.finder = new Finder(this.records)
  }

  /** Prepares records and finder for a connection. @param declared indexes that may be asked for, where the kind has others, too */
  protected attachRecords(
    connection: Connection,
    stored: StoredKind | undefined,
    kind: IndexedKind,
    declared: QueryPlace['declared'] = kind.indexes,
  ): Attached {
    this.isStored = stored !== undefined
    const layout = stored === undefined ? layoutOfNew(kind) : layoutOf(stored)
    const there = stored === undefined ? undefined : connection
    const columns = createColumns(this.id, this.name, layout, kind.type === 'collection' ? kind.ttlMs : undefined)
    const place = { id: this.id, kind: this.name, layout, declared }
    this.records.attach(there, columns)
    this.finder.attach(there, place)
    return { there, layout, columns, place }
  }
}
