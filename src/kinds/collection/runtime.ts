import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { localSchema } from '../../engine/records/local-table.ts'
import { RecordSet } from '../../engine/records/record-set.ts'
import { readRecordLine, recordSnapshot } from '../../engine/records/record-snapshot.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createColumns } from './columns.ts'
import { Finder } from './finder.ts'
import { type CollectionReads, createCollectionReads } from './reads.ts'
import { createSteps, layoutOf, layoutOfNew } from './tables.ts'
import { CollectionTxImpl, type CollectionTxParts } from './tx.ts'

/** A collection at work. */
export class CollectionRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly reads: CollectionReads<unknown>
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  isStored = false
  readonly #records: RecordSet
  readonly #finder: Finder
  readonly #kind: CollectionKind
  /** Made once, because every commit takes them. */
  readonly #parts: CollectionTxParts

  constructor(id: number, name: string, kind: CollectionKind, services: KindServices) {
    this.id = id
    this.name = name
    this.feed = kind.feed
    this.#kind = kind
    this.#records = new RecordSet({ id, name, isHashed: kind.feed !== 'value', isLocal: kind.durability === 'memory', ...services })
    this.#finder = new Finder(this.#records)
    this.#parts = { records: this.#records, finder: this.#finder, kind }
    this.reads = createCollectionReads(this.#records, this.#finder, services)
    this.snapshot = recordSnapshot(id, name)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    if (this.#records.isLocal) return this.#attachLocal(connection)
    this.isStored = stored !== undefined
    const layout = stored === undefined ? layoutOfNew(this.#kind) : layoutOf(stored)
    const there = stored === undefined ? undefined : connection
    this.#records.attach(there, createColumns(this.id, this.name, layout))
    this.#finder.attach(there, { id: this.id, kind: this.name, layout, declared: this.#kind.indexes })
  }

  #attachLocal(connection: Connection): void {
    const layout = layoutOfNew(this.#kind)
    const columns = createColumns(this.id, this.name, layout)
    this.#records.attachLocal(connection, columns, createSteps(this.id, layout, localSchema))
    const there = this.#records.isAttached ? connection : undefined
    this.#finder.attach(there, { id: this.id, kind: this.name, layout, declared: this.#kind.indexes })
  }

  createTx(commit: CommitContext): object {
    return new CollectionTxImpl(commit, this.#parts)
  }

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.#records.isLocal ? undefined : this.#records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.#records.forget()
  }
}
