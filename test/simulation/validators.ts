/**
 * What a client saw, held against what was: the watch validators of etcd, for one recorded stream.
 *
 *   Ordered       revisions ascend
 *   Unique        no commit is seen twice
 *   Atomic        a commit is seen whole, and nothing between two commits
 *   Reliable      between two commits that were seen none is missing
 *   Resumable     only a place that is of no use any more is followed by a snapshot; from any other one it goes on
 *   Bookmarkable  a bookmark comes after everything up to it
 */
import { type EncodableCommit, encodeCommit, epochOf, revisionOf } from '../../src/protocol/commit-text.ts'

/** One thing a client saw. */
export interface Sighting {
  readonly what: 'snapshot' | 'commit' | 'bookmark'
  readonly cursor: string
  /** Of a commit: its text, as `encodeCommit` has it. */
  readonly text?: string
  /** Of a snapshot: the place before could not be gone on from, or there was none. */
  readonly isDue?: boolean
}

/** What one client saw, in order. */
export interface Recording {
  readonly name: string
  readonly hasKind: (kind: string) => boolean
  readonly sightings: readonly Sighting[]
}

/** A commit as it was. */
export interface TrueCommit extends EncodableCommit {
  readonly cursor: string
}

/** Everything that was ever published, in every history. */
export interface Truth {
  /** Undefined where there is no such commit. */
  commitAt(epoch: string, revision: number): TrueCommit | undefined
}

/** What is wrong with a recording, each complaint beginning with the name of its validator. */
export function validate(recording: Recording, truth: Truth): string[] {
  const validation = new Validation(recording, truth)
  for (const sighting of recording.sightings) validation.see(sighting)
  return validation.complaints.map((complaint) => `${complaint} [${recording.name}]`)
}

class Validation {
  readonly complaints: string[] = []
  readonly #recording: Recording
  readonly #truth: Truth
  readonly #seen = new Set<string>()
  #place: string | undefined

  constructor(recording: Recording, truth: Truth) {
    this.#recording = recording
    this.#truth = truth
  }

  see(sighting: Sighting): void {
    const { cursor, what } = sighting
    const before = this.#place
    this.#place = cursor
    this.#checkPlace(cursor)
    if (before !== undefined && epochOf(before) === epochOf(cursor) && revisionOf(before) >= revisionOf(cursor)) {
      this.complaints.push(`Ordered: ${what} ${cursor} came after ${before}`)
    }
    if (what === 'snapshot') {
      if (sighting.isDue !== true) this.complaints.push(`Resumable: a snapshot ${cursor} came, and ${before} could be gone on from`)
      return
    }
    if (what === 'commit') this.#checkCommit(sighting)
    this.#checkGap(before, sighting)
  }

  #checkPlace(cursor: string): void {
    const revision = revisionOf(cursor)
    if (revision === 0 || this.#truth.commitAt(epochOf(cursor), revision)?.cursor === cursor) return
    this.complaints.push(`Bookmarkable: there is no place ${cursor}`)
  }

  #checkCommit({ cursor, text }: Sighting): void {
    if (this.#seen.has(cursor)) this.complaints.push(`Unique: commit ${cursor} was seen twice`)
    this.#seen.add(cursor)
    const expected = this.#visibleAt(epochOf(cursor), revisionOf(cursor))
    if (text !== expected) this.complaints.push(`Atomic: commit ${cursor} was seen as ${text}, and is ${expected}`)
  }

  #checkGap(before: string | undefined, { cursor, what }: Sighting): void {
    const epoch = epochOf(cursor)
    if (before === undefined || epochOf(before) !== epoch) {
      this.complaints.push(`Reliable: ${what} ${cursor} came after ${before}, without a snapshot between`)
      return
    }
    const last = revisionOf(cursor) - (what === 'commit' ? 1 : 0)
    for (let revision = revisionOf(before) + 1; revision <= last; revision += 1) {
      if (this.#visibleAt(epoch, revision) === undefined) continue
      const name = what === 'commit' ? 'Reliable' : 'Bookmarkable'
      this.complaints.push(`${name}: commit ${revision} is missing between ${before} and ${what} ${cursor}`)
    }
  }

  /** The text of a commit as this client may see it; undefined when it sees nothing of it. */
  #visibleAt(epoch: string, revision: number): string | undefined {
    const commit = this.#truth.commitAt(epoch, revision)
    if (commit === undefined) return undefined
    const changes = commit.changes.filter(({ kind }) => this.#recording.hasKind(kind))
    return changes.length === 0 ? undefined : encodeCommit({ ...commit, changes })
  }
}
