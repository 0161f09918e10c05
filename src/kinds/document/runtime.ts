import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { PendingRecords } from '../../engine/delayed/pending-records.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { localSchema } from '../../engine/records/local-table.ts'
import { RecordsRuntime } from '../../engine/records/records-runtime.ts'
import { createRecordTable } from '../../engine/records/record-table.ts'
import type { DocumentKind } from '../../state/document-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createDelayedDocument } from './delayed.ts'
import { createDocumentReads, type DocumentReads } from './reads.ts'
import { DocumentTxImpl } from './tx.ts'

const noColumns = Object.freeze({ names: [], columnsOf: () => [], findConflict: () => undefined })

/** A document at work. */
export class DocumentRuntime extends RecordsRuntime {
  readonly reads: DocumentReads<unknown>
  readonly committed: DocumentReads<unknown>
  /** What was written behind; undefined unless the document is. */
  readonly #pending: PendingRecords | undefined
  readonly #kind: DocumentKind

  constructor(id: number, name: string, kind: DocumentKind, services: KindServices) {
    super({ id, name, feed: kind.feed, services, isLocal: kind.durability === 'memory' })
    this.#kind = kind
    this.committed = createDocumentReads(this.records, services)
    this.#pending = kind.durability === 'delayed' ? services.pend(this.records) : undefined
    this.reads = this.#withPending(services)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    if (this.records.isLocal) {
      this.records.attachLocal(connection, noColumns, [[createRecordTable(this.id, [], localSchema)]])
      return
    }
    this.isStored = stored !== undefined
    this.records.attach(stored === undefined ? undefined : connection, noColumns)
  }

  #withPending(services: KindServices): DocumentReads<unknown> {
    const pending = this.#pending
    if (pending === undefined) return this.committed
    return createDelayedDocument({ kind: this.#kind, records: this.records, pending, services, reads: this.committed })
  }

  createTx(commit: CommitContext): object {
    const pending = this.#pending
    if (pending !== undefined && pending.size > 0) commit.precede((before) => pending.writeTo(before))
    return new DocumentTxImpl(commit, this.records, this.#kind)
  }
}
