import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { SessionTable } from './session-table.ts'
import type { StoredSession } from './tables.ts'
import type { DueUse } from './uses.ts'
import type { Verifier } from './verifier.ts'

/**
 * What `tx.<sessions>` offers inside a commit. Sessions are not made there: their tokens would become part of what the commit is
 * remembered to have answered.
 */
export interface SessionsTx {
  /** Ends a session; false when there is none of this id. */
  revoke(id: string): boolean
  /** Ends all sessions of a user; answers with their number. */
  revokeUser(user: string): number
  /** Ends all sessions there are; answers with their number. */
  revokeAll(): number
}

export interface SessionsTxParts {
  readonly kind: SessionsKind
  readonly records: RecordSet
  readonly table: SessionTable
  readonly verifier: Verifier
}

export class SessionsTxImpl implements SessionsTx {
  readonly #commit: CommitContext
  readonly #parts: SessionsTxParts
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, parts: SessionsTxParts) {
    this.#commit = commit
    this.#parts = parts
  }

  revoke(id: string): boolean {
    this.#assertOpen('revoke')
    assertKeyText('id', id)
    return this.#parts.records.remove(this.#begin(), id)
  }

  revokeUser(user: string): number {
    this.#assertOpen('revokeUser')
    assertKeyText('user', user)
    return this.#revokeEach(this.#parts.table.keysOf(user))
  }

  revokeAll(): number {
    this.#assertOpen('revokeAll')
    return this.#revokeEach(this.#parts.table.keys())
  }

  /** Writes of the kind itself. */
  static writesOf(tx: SessionsTxImpl): SessionWrites {
    return {
      at: tx.#commit.at,
      find: (hash) => tx.#find(hash),
      put: (session) => tx.#put(session),
      noteUses: (uses) => {
        for (const { id, at } of uses) tx.#parts.table.noteUse(id, at)
        tx.#parts.verifier.forget()
      },
      removeOver: (ids, now) => tx.#removeOver(ids, now),
    }
  }

  #find(hash: string): StoredSession | undefined {
    const found = this.#parts.table.find(hash)
    return found === undefined ? undefined : (this.#parts.records.get(found.key) as StoredSession | undefined)
  }

  #put(session: StoredSession): void {
    const { records, table } = this.#parts
    records.write(this.#begin(), session.id, toStored(session, records.name))
    table.noteUse(session.id, this.#commit.at)
  }

  #removeOver(ids: readonly string[], now: number): number {
    const { table, kind } = this.#parts
    return this.#revokeEach(ids.filter((id) => table.isOver(id, now, now - kind.idleMs)))
  }

  #revokeEach(ids: readonly string[]): number {
    return ids.filter((id) => this.#parts.records.remove(this.#begin(), id)).length
  }

  #begin(): RecordDraft {
    const { records, kind, verifier } = this.#parts
    if (this.#draft === undefined) {
      this.#commit.noteKind(kind.durability)
      this.#draft = records.draft(this.#commit)
      // Whatever becomes of the commit, what is remembered may be otherwise.
      this.#commit.register({ collect: () => '', restamp: () => verifier.forget(), undo: () => verifier.forget() })
    }
    verifier.forget()
    return this.#draft
  }

  #assertOpen(method: string): void {
    this.#commit.assertOpen(`${this.#parts.records.name}.${method}`)
  }
}

/** What the kind writes by itself. */
export interface SessionWrites {
  /** When the commit is made. */
  readonly at: number
  /** The session of which this is the hash of the token, or of the token before. */
  find(hash: string): StoredSession | undefined
  put(session: StoredSession): void
  /** Bookkeeping: no change, no revision. */
  noteUses(uses: readonly DueUse[]): void
  /** Ends those that are over still; answers with their number. */
  removeOver(ids: readonly string[], now: number): number
}
