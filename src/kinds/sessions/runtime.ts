import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { CommitOptions } from '../../engine/commit/commit-request.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { RecordSet } from '../../engine/records/record-set.ts'
import { readRecordLine, recordSnapshot } from '../../engine/records/record-snapshot.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createColumns } from '../collection/columns.ts'
import { Finder } from '../collection/finder.ts'
import { layoutOf, layoutOfNew } from '../collection/tables.ts'
import { Keeper } from './keeper.ts'
import { createSessionsReads, type SessionsReads } from './reads.ts'
import { SessionTable } from './session-table.ts'
import { SignIns } from './sign-ins.ts'
import { asCollection } from './tables.ts'
import { type SessionWrites, SessionsTxImpl, type SessionsTxParts } from './tx.ts'
import { Uses } from './uses.ts'
import { Verifier } from './verifier.ts'

/** Sessions at work. */
export class SessionsRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed = 'none'
  readonly reads: SessionsReads
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  readonly isSecret = (): boolean => true
  isStored = false
  readonly #kind: SessionsKind
  readonly #finder: Finder
  readonly #parts: SessionsTxParts
  readonly #keeper: Keeper

  constructor(id: number, name: string, kind: SessionsKind, services: KindServices) {
    this.id = id
    this.name = name
    this.#kind = kind
    const records = new RecordSet({ id, name, isHashed: true, isLocal: false, ...services })
    const table = new SessionTable(id)
    const uses = new Uses()
    const verifier = new Verifier({ kind, records, table, uses, ...services })
    this.#finder = new Finder(records)
    this.#parts = { kind, records, table, verifier }
    const write = async <Value>(act: (writes: SessionWrites) => Value, options: CommitOptions | undefined): Promise<Value> => {
      const { value } = await services.commit(name, (tx: SessionsTxImpl) => act(SessionsTxImpl.writesOf(tx)), options)
      return value
    }
    this.#keeper = new Keeper({
      name,
      kind,
      table,
      uses,
      ...services,
      write: (act, label) => write(act, { label }),
    })
    const signIns = new SignIns({ name, kind, verifier, write })
    this.reads = createSessionsReads({ name, verifier, finder: this.#finder, signIns, services })
    this.snapshot = recordSnapshot(id, name, [])
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.isStored = stored !== undefined
    const { records, table, verifier } = this.#parts
    const collection = asCollection(this.#kind)
    const layout = stored === undefined ? layoutOfNew(collection) : layoutOf(stored)
    const there = stored === undefined ? undefined : connection
    records.attach(there, createColumns(this.id, this.name, layout))
    this.#finder.attach(there, { id: this.id, kind: this.name, layout, declared: collection.indexes })
    table.attach(there, layout)
    verifier.forget()
  }

  createTx(commit: CommitContext): object {
    return new SessionsTxImpl(commit, this.#parts)
  }

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.#parts.records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.#parts.records.forget()
    this.#parts.verifier.forget()
  }

  start(): void {
    this.#keeper.start()
  }

  stop(): Promise<void> {
    return this.#keeper.stop()
  }
}
