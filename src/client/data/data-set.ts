/** Everything a replica holds, of one point in one history. */
import { epochOf, type ReplicaCommit, revisionOf } from '../../protocol/commit-text.ts'
import type { SnapshotHeader } from '../../protocol/snapshot-text.ts'
import { HeldLog } from './held-log.ts'
import { HeldRecords } from './held-records.ts'

export type HeldKind = HeldRecords | HeldLog

/** Commits with more changes than this may cost less when indexes are built anew. */
const manyChanges = 500

export class DataSet {
  readonly epoch: string
  readonly kinds: ReadonlyMap<string, HeldKind>
  #cursor: string
  #revision: number

  /** @param lastOf how many entries of each stream to hold, by log; the default where undefined */
  constructor({ cursor, kinds }: SnapshotHeader, lastOf: (log: string) => number | undefined) {
    this.epoch = epochOf(cursor)
    this.#cursor = cursor
    this.#revision = revisionOf(cursor)
    this.kinds = new Map(
      Object.entries(kinds).map(([name, description]) => [
        name,
        description.type === 'log' ? new HeldLog(lastOf(name)) : new HeldRecords(name, description),
      ]),
    )
  }

  /** Where it is: after the last commit applied, or further where commits changed nothing of these kinds. */
  get cursor(): string {
    return this.#cursor
  }

  get revision(): number {
    return this.#revision
  }

  /** Takes a line of a snapshot. Records that `before`, of the same history, has just so stay the same objects. */
  load(kind: string, item: readonly unknown[], before: DataSet | undefined): void {
    const held = this.kinds.get(kind)
    const known = before?.epoch === this.epoch ? before.kinds.get(kind) : undefined
    if (held instanceof HeldLog) held.load(item, known instanceof HeldLog ? known : undefined)
    else held?.load(item, known instanceof HeldRecords ? known : undefined)
  }

  seal(): void {
    for (const kind of this.kinds.values()) kind.seal()
  }

  /** Applies a commit, whole. Nobody can read meanwhile. Changes of kinds that are not held are passed over. */
  apply(commit: ReplicaCommit): void {
    const { changes, cursor } = commit
    if (changes.length > manyChanges) {
      for (const name of new Set(changes.map(({ kind }) => kind))) this.kinds.get(name)?.prepare(changes.length)
    }
    for (const change of changes) this.kinds.get(change.kind)?.apply(change, commit)
    this.move(cursor)
  }

  move(cursor: string): void {
    this.#cursor = cursor
    this.#revision = revisionOf(cursor)
  }
}
