/**
 * The table of sessions: records like those of a collection, with fixed indexes, and a column beside them.
 *
 *   value  {"id", "user", "hash", "startedAt", "endsAt", "data", "oldHash", "oldUntil"}; `hash` is the SHA-256 of the token in base64url,
 *          `oldHash` that of the token before a rotation, which holds until `oldUntil`
 *   used   when the session was last used, ms since 1970: no part of the value, its checksum or the history (rule R8)
 */
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import { describeKind } from '../../state/description.ts'
import type { SessionsKind } from '../../state/sessions-kind.ts'
import { planCollection } from '../collection/tables.ts'

/** A session as it is stored. */
export interface StoredSession {
  readonly id: string
  readonly user: string
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** When it is over, used or not. */
  readonly endsAt: number
  readonly data?: unknown
  readonly oldHash?: string
  readonly oldUntil?: number
}

const indexes: CollectionKind['indexes'] = Object.freeze({
  byHash: Object.freeze({ fields: Object.freeze(['hash']), unique: true }),
  byOldHash: Object.freeze({ fields: Object.freeze(['oldHash']), unique: false }),
  byUser: Object.freeze({ fields: Object.freeze(['user']), unique: false }),
  byEnd: Object.freeze({ fields: Object.freeze(['endsAt']), unique: false }),
})

/** What sessions are to the parts of a collection. */
export function asCollection({ schema, feed, durability }: SessionsKind): CollectionKind {
  return { type: 'collection', schema, key: 'id', indexes, feed, durability, parent: undefined, ttlMs: undefined }
}

export function planSessions(id: number, stored: StoredKind | undefined, declared: SessionsKind): TablePlan {
  const { description, steps, kept } = planCollection(id, stored, asCollection(declared))
  return {
    description: { ...describeKind(declared), layout: description['layout'] },
    steps:
      stored === undefined
        ? [...steps, [`ALTER TABLE k${id} ADD COLUMN used INTEGER NOT NULL DEFAULT 0`], [`CREATE INDEX k${id}_used ON k${id} (used)`]]
        : steps,
    kept,
  }
}
