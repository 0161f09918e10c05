/** What a kind gives to a snapshot: its records as lines of JSON, in slices. */
import type { Connection } from '../../sqlite/driver.ts'
import type { Condition } from '../../state/condition.ts'

/** Some lines, each ended by a newline, and how many. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly count: number
}

/** A slice without lines. */
export const none: Slice = Object.freeze({ bytes: new Uint8Array(0), count: 0 })

export interface SnapshotSource {
  readonly name: string
  /** Says which records are in it, for one of which not all are: sources of the same name are the same where these are. */
  readonly only?: string
  /**
   * Reads slice after slice through a connection that holds one read transaction. The first `next` only prepares; each further `next(rows)` reads
   * at most about so many rows. Lines are joined by SQLite from the stored text; nothing is parsed (rule H5).
   *
   * @param conditions of the records that are read; all when not given
   */
  slices(connection: Connection, conditions?: readonly Condition[]): Generator<Slice, void, number>
}

/** A source of those records alone that fulfil some conditions; the source itself when there are none. */
export function narrowed(source: SnapshotSource, conditions: readonly Condition[]): SnapshotSource {
  if (conditions.length === 0) return source
  return { name: source.name, only: JSON.stringify(conditions), slices: (connection) => source.slices(connection, conditions) }
}
