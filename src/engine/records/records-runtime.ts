import type { Connection } from '../../sqlite/driver.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { KindRuntime, KindServices, StoredKind } from '../kind-runtime.ts'
import type { LineReader } from '../snapshot/snapshot.ts'
import type { SnapshotSource } from '../snapshot/snapshot-source.ts'
import { RecordSet } from './record-set.ts'
import { readRecordLine, recordSnapshot } from './record-snapshot.ts'

export interface RecordsPlace {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly services: KindServices
  /** They belong to this process (rule D4). */
  readonly isLocal?: boolean
  /** Of these records the history has hashes, whatever the feed. */
  readonly isSecret?: (key: string) => boolean
  /** Keys of the records that may be in a snapshot; all when not given. */
  readonly shown?: readonly string[]
}

/** A kind that is made of records, at work: what all of them have in common. */
export abstract class RecordsRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  readonly records: RecordSet
  isStored = false
  abstract readonly reads: object

  constructor({ id, name, feed, services, isLocal = false, isSecret, shown }: RecordsPlace) {
    this.id = id
    this.name = name
    this.feed = feed
    const secret = isSecret === undefined ? {} : { isSecret }
    this.records = new RecordSet({ id, name, isHashed: feed !== 'value', isLocal, ...secret, ...services })
    this.snapshot = recordSnapshot(id, name, shown)
  }

  abstract attach(connection: Connection, stored: StoredKind | undefined): void
  abstract createTx(commit: CommitContext): object

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.records.isLocal ? undefined : this.records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.records.forget()
  }
}
