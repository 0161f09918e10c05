/**
 * Says whose session a token is, from memory where it can.
 *
 * What is remembered holds until records may have changed: when others have committed (which is looked for once a turn), and when a
 * commit of this process writes a session or takes such a write back. So whatever is revoked, anywhere, is so at the next look.
 * Time is judged at each look.
 */
import type { Clock } from '../../base/clock.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Ledger } from '../../engine/ledger.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import { type Session, showSession } from './session.ts'
import type { SessionTable } from './session-table.ts'
import type { StoredSession } from './tables.ts'
import { HashComparer, hashToken, isTokenLike } from './token.ts'
import type { Uses } from './uses.ts'

export interface VerifierParts {
  readonly kind: SessionsKind
  readonly records: RecordSet
  readonly table: SessionTable
  readonly uses: Uses
  readonly ledger: Ledger
  readonly clock: Clock
}

/** A token that was looked up. */
interface Known {
  readonly session: Session
  readonly hash: string
  /** When the token is over although its session is not: it was rotated away. */
  readonly until: number
  readonly written: number
  usedAt: number
}

/** Tokens remembered, at most. */
const mostKnown = 10_000

/** Uses that follow each other this closely count as one, ms. */
const sameUseMs = 1000

/** Compared with where there is no session, so that it costs the same. */
const noHash = hashToken(undefined)

export class Verifier {
  readonly #parts: VerifierParts
  readonly #comparer = new HashComparer()
  #known = new Map<string, Known>()
  #seenIn = -1

  constructor(parts: VerifierParts) {
    this.#parts = parts
  }

  /** Sessions may be others from now on. */
  forget(): void {
    this.#seenIn = -1
  }

  /** Call inside a turn's read transaction. Whatever is given that is no valid token is none, at the cost of one that is unknown. */
  verify(token: unknown): Session | undefined {
    const hash = hashToken(token)
    const known = this.#find(hash)
    const isEqual = this.#comparer.isEqual(hash, known?.hash ?? noHash)
    if (known === undefined || !isEqual || !isTokenLike(token)) return undefined
    const { clock, kind, uses } = this.#parts
    const now = clock.now()
    if (now >= known.session.endsAt || now >= known.until || now - known.usedAt >= kind.idleMs) return undefined
    if (Math.abs(now - known.usedAt) >= sameUseMs) {
      known.usedAt = now
      uses.note(known.session.id, now, known.written)
    }
    return known.session
  }

  /** A session by its public name, while it is valid. Asking is no use of it. */
  get(id: string): Session | undefined {
    const { records } = this.#parts
    const stored = records.get(id) as StoredSession | undefined
    return stored === undefined || this.isOver(stored) ? undefined : showSession(stored)
  }

  isOver({ id, endsAt }: StoredSession): boolean {
    const { clock, kind } = this.#parts
    const now = clock.now()
    return now >= endsAt || now - this.usedAt(id) >= kind.idleMs
  }

  usedAt(id: string): number {
    const { table, uses } = this.#parts
    return Math.max(table.usedAt(id), uses.lastOf(id))
  }

  #find(hash: string): Known | undefined {
    const { generation } = this.#parts.ledger
    if (this.#seenIn !== generation || this.#known.size >= mostKnown) {
      this.#known = new Map()
      this.#seenIn = generation
    }
    return this.#known.get(hash) ?? this.#load(hash)
  }

  #load(hash: string): Known | undefined {
    const { table, records, uses } = this.#parts
    const found = table.find(hash)
    if (found === undefined) return undefined
    const { key, text, revision, at, used } = found
    const stored = records.valueOf(key, records.keep(key, text, revision, at)) as StoredSession | undefined
    if (stored === undefined) return undefined
    const isCurrent = stored.hash === hash
    const until = isCurrent ? Infinity : (stored.oldUntil ?? 0)
    const known: Known = {
      session: showSession(stored),
      hash: isCurrent ? stored.hash : (stored.oldHash ?? noHash),
      until,
      written: used,
      usedAt: Math.max(used, uses.lastOf(key)),
    }
    this.#known.set(hash, known)
    return known
  }
}
