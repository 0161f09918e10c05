import type { CommitContext } from '../../engine/commit/commit-context.ts'
import { changeHeads } from '../../engine/history/encode-change.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { LogKind } from '../../state/log-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { Entries } from './entries.ts'
import { createLogReads, type LogReads } from './reads.ts'
import { logSnapshot, readEntryLine } from './snapshot.ts'
import { LogTxImpl, type LogTxParts } from './tx.ts'

/** A log at work. */
export class LogRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly reads: LogReads<unknown>
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readEntryLine
  isStored = false
  readonly #entries: Entries
  /** Made once, because every commit takes them. */
  readonly #parts: LogTxParts

  constructor(id: number, name: string, kind: LogKind, services: KindServices) {
    this.id = id
    this.name = name
    this.feed = kind.feed
    this.#entries = new Entries({ id, name, retention: kind.retention, ...services })
    const isHashed = kind.feed !== 'value'
    this.#parts = { name, isHashed, heads: changeHeads(id, isHashed), kind, entries: this.#entries }
    this.reads = createLogReads(name, this.#entries, services)
    this.snapshot = logSnapshot(id, name)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.isStored = stored !== undefined
    this.#entries.attach(stored === undefined ? undefined : connection)
  }

  createTx(commit: CommitContext): object {
    return new LogTxImpl(commit, this.#parts)
  }

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const seq = Number(key)
    if (!Number.isSafeInteger(seq)) return undefined
    const [entry] = this.#entries.read({ stream: undefined, after: seq - 1, before: seq + 1, limit: 1, newest: false })
    return entry && { revision: entry.revision, at: entry.at }
  }

  forget(): void {
    this.#entries.forget()
  }
}
