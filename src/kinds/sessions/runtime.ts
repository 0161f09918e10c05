import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { CommitOptions } from '../../engine/commit/commit-request.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { IndexedRuntime } from '../collection/indexed-runtime.ts'
import { Keeper } from './keeper.ts'
import { createSessionsReads, type SessionsReads } from './reads.ts'
import { SessionTable } from './session-table.ts'
import { SignIns } from './sign-ins.ts'
import { asCollection } from './tables.ts'
import { type SessionWrites, SessionsTxImpl, type SessionsTxParts } from './tx.ts'
import { Uses } from './uses.ts'
import { Verifier } from './verifier.ts'

/** Sessions at work. */
export class SessionsRuntime extends IndexedRuntime {
  readonly reads: SessionsReads
  readonly isSecret = (): boolean => true
  readonly #kind: SessionsKind
  readonly #parts: SessionsTxParts
  readonly #keeper: Keeper

  constructor(id: number, name: string, kind: SessionsKind, services: KindServices) {
    super({ id, name, feed: 'none', services, shown: [] })
    this.#kind = kind
    const { records, finder } = this
    const table = new SessionTable(id)
    const uses = new Uses()
    const verifier = new Verifier({ kind, records, table, uses, ...services })
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
    this.reads = createSessionsReads({ name, verifier, finder, signIns, services })
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    const { table, verifier } = this.#parts
    const { there, layout } = this.attachRecords(connection, stored, asCollection(this.#kind))
    table.attach(there, layout)
    verifier.forget()
  }

  createTx(commit: CommitContext): object {
    return new SessionsTxImpl(commit, this.#parts)
  }

  override forget(): void {
    super.forget()
    this.#parts.verifier.forget()
  }

  start(): void {
    this.#keeper.start()
  }

  stop(): Promise<void> {
    return this.#keeper.stop()
  }
}
