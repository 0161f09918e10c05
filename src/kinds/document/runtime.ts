import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { PendingRecords } from '../../engine/delayed/pending-records.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { localSchema } from '../../engine/records/local-table.ts'
import { RecordSet } from '../../engine/records/record-set.ts'
import { readRecordLine, recordSnapshot } from '../../engine/records/record-snapshot.ts'
import { createRecordTable } from '../../engine/records/record-table.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { DocumentKind } from '../../state/document-kind.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createDelayedDocument } from './delayed.ts'
import { createDocumentReads, type DocumentReads } from './reads.ts'
import { DocumentTxImpl } from './tx.ts'

const noColumns = Object.freeze({ names: [], columnsOf: () => [], findConflict: () => undefined })

/** A document at work. */
export class DocumentRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly reads: DocumentReads<unknown>
  readonly committed: DocumentReads<unknown>
  /** What was written behind; undefined unless the document is. */
  readonly #pending: PendingRecords | undefined
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  isStored = false
  readonly #records: RecordSet
  readonly #kind: DocumentKind

  constructor(id: number, name: string, kind: DocumentKind, services: KindServices) {
    this.id = id
    this.name = name
    this.feed = kind.feed
    this.#kind = kind
    this.#records = new RecordSet({ id, name, isHashed: kind.feed !== 'value', isLocal: kind.durability === 'memory', ...services })
    this.committed = createDocumentReads(this.#records, services)
    this.#pending = kind.durability === 'delayed' ? services.pend(this.#records) : undefined
    this.reads = this.#withPending(services)
    this.snapshot = recordSnapshot(id, name)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    if (this.#records.isLocal) {
      this.#records.attachLocal(connection, noColumns, [[createRecordTable(this.id, [], localSchema)]])
      return
    }
    this.isStored = stored !== undefined
    this.#records.attach(stored === undefined ? undefined : connection, noColumns)
  }

  #withPending(services: KindServices): DocumentReads<unknown> {
    const pending = this.#pending
    if (pending === undefined) return this.committed
    return createDelayedDocument({ kind: this.#kind, records: this.#records, pending, services, reads: this.committed })
  }

  createTx(commit: CommitContext): object {
    const pending = this.#pending
    if (pending !== undefined && pending.size > 0) commit.precede((before) => pending.writeTo(before))
    return new DocumentTxImpl(commit, this.#records, this.#kind)
  }

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.#records.isLocal ? undefined : this.#records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.#records.forget()
  }
}
