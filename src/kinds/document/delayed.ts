/** What `store.<document>` offers more where it is written behind: writes outside commits, and reads that see them at once (rule D3). */
import type { PendingRecords } from '../../engine/delayed/pending-records.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { DocumentKind } from '../../state/document-kind.ts'
import type { Frozen } from '../../state/frozen.ts'
import { validate } from '../../state/standard-schema.ts'
import { toStored } from '../../state/value.ts'
import type { DocumentReads } from './reads.ts'

/** Writes of a document declared `delayed`. The last one within 100 ms wins. */
export interface DelayedSet<Input> {
  /** Seen by this process at once, committed within 100 ms. @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID · COMMIT_NESTED · STORE_CLOSED · STORE_READ_ONLY */
  set(value: Frozen<Input>): void
  /** As `set`, for a document that is to be gone. */
  delete(): void
  /** Forgets the last write, where that is not committed yet: reads see what is committed again. False when nothing is pending. */
  revert(): boolean
}

interface DelayedParts {
  readonly kind: DocumentKind
  readonly records: RecordSet
  readonly pending: PendingRecords
  readonly services: KindServices
  /** Reads of what is committed. */
  readonly reads: DocumentReads<unknown>
}

export function createDelayedDocument({
  kind,
  records,
  pending,
  services,
  reads,
}: DelayedParts): DocumentReads<unknown> & DelayedSet<unknown> {
  return Object.freeze({
    ...reads,
    get() {
      const write = pending.get('')
      if (write === undefined) return reads.get()
      services.beginRead('get')
      return write.value
    },
    entry() {
      const committed = reads.entry()
      const write = pending.get('')
      if (write === undefined) return committed
      const { value, at } = write
      return value === undefined ? undefined : Object.freeze({ value, revision: committed?.revision ?? 0, at })
    },
    set(value: unknown) {
      services.beginWrite(`${records.name}.set`)
      pending.write('', toStored(validate(kind.schema, value, records.name), records.name))
    },
    delete() {
      services.beginWrite(`${records.name}.delete`)
      pending.write('', undefined)
    },
    revert() {
      services.beginWrite(`${records.name}.revert`)
      return pending.revert('')
    },
  })
}
