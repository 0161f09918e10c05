import type { Frozen } from '../../state/frozen.ts'
import type { StoredSession } from './tables.ts'

/** A session that is valid. */
export interface Session<Data = unknown> {
  /** Its public name: it can be shown and revoked by it, and opens nothing. */
  readonly id: string
  readonly user: string
  /** What it carries; undefined where nothing was declared. */
  readonly data: Frozen<Data>
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** When it is over, used or not; milliseconds since 1970. */
  readonly endsAt: number
}

/** What is shown of a stored session: nothing of its token. */
export function showSession({ id, user, data, startedAt, endsAt }: StoredSession): Session {
  return Object.freeze({ id, user, data, startedAt, endsAt })
}
