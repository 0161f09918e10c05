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
import { digestToken, isSameDigest, isTokenLike, keyOfDigest, toDigest, toHash } from './token.ts'
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
  readonly digest: string
  /** When the token is over: with its session, or before, where it was rotated away. */
  readonly until: number
  readonly written: number
  usedAt: number
}

/** Tokens remembered, at most. */
const mostKnown = 10_000

/** Uses that follow each other this closely count as one, ms. */
const sameUseMs = 1000

/** Compared with where nothing is remembered, so that it costs the same. */
const noDigest = '\0'.repeat(32)

export class Verifier {
  readonly #parts: VerifierParts
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #idleMs: number
  /** By 30 bits of the digest; of two that share these, the one that was looked up last. */
  #known = new Map<number, Known>()
  #seenIn = -1

  constructor(parts: VerifierParts) {
    this.#parts = parts
    this.#ledger = parts.ledger
    this.#clock = parts.clock
    this.#idleMs = parts.kind.idleMs
  }

  /** Sessions may be others from now on. */
  forget(): void {
    this.#seenIn = -1
  }

  /** Call inside a turn's read transaction. Whatever is given that is no valid token is none, at the cost of one that is unknown. */
  verify(token: unknown): Session | undefined {
    const now = this.#clock.now()
    const known = this.#judge(token, now)
    if (known === undefined) return undefined
    const unusedMs = now - known.usedAt
    if (unusedMs >= sameUseMs || unusedMs <= -sameUseMs) {
      known.usedAt = now
      this.#parts.uses.note(known.session.id, now, known.written)
    }
    return known.session
  }

  /** As `verify`, and no use of it. */
  peek(token: unknown): Session | undefined {
    return this.#judge(token, this.#clock.now())?.session
  }

  /** A session by its public name, while it is valid. Asking is no use of it. */
  get(id: string): Session | undefined {
    const { records } = this.#parts
    const stored = records.get(id) as StoredSession | undefined
    return stored === undefined || this.isOver(stored) ? undefined : showSession(stored)
  }

  /** The hash of a token that is known, or was, by the beginning of it. Whether the token is valid does not matter: it opens nothing. */
  hashOf(start: string): string | undefined {
    const { table, records } = this.#parts
    const found = start === '' ? undefined : table.findByStart(start)
    if (found === undefined) return undefined
    const stored = records.valueOf(found.key, records.keep(found.key, found.text, found.revision, found.at)) as StoredSession | undefined
    return [stored?.hash, stored?.oldHash].find((hash) => hash?.startsWith(start))
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

  #judge(token: unknown, now: number): Known | undefined {
    const known = this.#find(digestToken(token))
    if (known === undefined || !isTokenLike(token)) return undefined
    return now >= known.until || now - known.usedAt >= this.#idleMs ? undefined : known
  }

  #find(digest: string): Known | undefined {
    const { generation } = this.#ledger
    if (this.#seenIn !== generation || this.#known.size >= mostKnown) {
      this.#known = new Map()
      this.#seenIn = generation
    }
    const known = this.#known.get(keyOfDigest(digest))
    const isSame = isSameDigest(digest, known?.digest ?? noDigest)
    return known !== undefined && isSame ? known : this.#load(digest)
  }

  #load(digest: string): Known | undefined {
    const { table, records, uses } = this.#parts
    const hash = toHash(digest)
    const found = table.find(hash)
    if (found === undefined) return undefined
    const { key, text, revision, at, used } = found
    const stored = records.valueOf(key, records.keep(key, text, revision, at)) as StoredSession | undefined
    if (stored === undefined) return undefined
    const isCurrent = stored.hash === hash
    const known: Known = {
      session: showSession(stored),
      digest: toDigest(isCurrent ? stored.hash : (stored.oldHash ?? '')),
      until: isCurrent ? stored.endsAt : Math.min(stored.endsAt, stored.oldUntil ?? 0),
      written: used,
      usedAt: Math.max(used, uses.lastOf(key)),
    }
    if (!isSameDigest(digest, known.digest)) return undefined
    this.#known.set(keyOfDigest(digest), known)
    return known
  }
}
