/** Everything a replica holds, of one point in one history. */
import { epochOf, type ReplicaCommit, revisionOf } from '../../protocol/commit-text.ts'
import type { SnapshotHeader } from '../../protocol/snapshot-text.ts'
import { historyChanged } from '../replica-error.ts'
import { createHeldKind, type HeldKind } from './held-kind.ts'

export class DataSet {
  declare readonly kinds: ReadonlyMap<string, HeldKind>
  /** Where it is: after the last commit applied, or further where commits changed nothing of these kinds. */
  declare cursor: string

  /** @param lastOf how many entries of each stream to hold, by log; the default where undefined */
  constructor({ cursor, kinds }: SnapshotHeader, lastOf: (log: string) => number | undefined) {
    this.cursor = cursor
    this.kinds = new Map(Object.entries(kinds).map(([name, description]) => [name, createHeldKind(name, description, lastOf(name))]))
  }

  get epoch(): string {
    return epochOf(this.cursor)
  }

  get revision(): number {
    return revisionOf(this.cursor)
  }

  /** Whether a cursor is further on. @throws ReplicaError CURSOR_DIVERGED for one of another history */
  isBehind(cursor: string): boolean {
    if (epochOf(cursor) !== this.epoch) throw historyChanged(cursor)
    return revisionOf(cursor) > this.revision
  }

  /** Applies a commit, whole. Nobody can read meanwhile. Changes of kinds that are not held are passed over. */
  apply(commit: ReplicaCommit): void {
    for (const change of commit.changes) this.kinds.get(change.kind)?.apply(change, commit)
    this.cursor = commit.cursor
  }
}
