/** What a kind gives to a snapshot: its records as lines of JSON, in slices. */
import type { Connection } from '../../sqlite/driver.ts'

/** Some lines, each ended by a newline, and how many. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly count: number
}

export interface SnapshotSource {
  readonly name: string
  /**
   * Reads slice after slice through a connection that holds one read transaction. Each `next(rows)` reads at most about so many
   * rows. Lines are joined by SQLite from the stored text; nothing is parsed (rule H5).
   */
  slices(connection: Connection): Generator<Slice, void, number>
}
