/** Records what a replica shows, for the validators. */
import type { ReplicaStatus } from '../../src/client/sync/status.ts'
import { encodeCommit, type ReplicaCommit } from '../../src/protocol/commit-text.ts'
import type { Recording, Sighting } from './validators.ts'

/** What of a replica is recorded. */
export interface Recorded {
  readonly status: ReplicaStatus
  onStatus(callback: (status: ReplicaStatus) => void): unknown
  subscribe(callback: (commit: ReplicaCommit | undefined) => void): unknown
}

export interface RecorderOptions {
  readonly name: string
  readonly hasKind: (kind: string) => boolean
  /** Whether the feed can be gone on from a place, now. */
  readonly isUsable: (cursor: string) => boolean
  readonly onSighting?: (sighting: Sighting) => void
}

export class Recorder implements Recording {
  readonly name: string
  readonly hasKind: (kind: string) => boolean
  readonly sightings: Sighting[] = []
  readonly #options: RecorderOptions
  /** Where it is, unless what it did to get there has been told. */
  #moved: string | undefined

  constructor(replica: Recorded, options: RecorderOptions) {
    this.name = options.name
    this.hasKind = options.hasKind
    this.#options = options
    replica.onStatus(({ cursor }) => {
      if (cursor !== undefined) this.#move(cursor)
    })
    replica.subscribe((commit) => this.#see(commit, replica.status.cursor ?? ''))
  }

  /** The place before the last one. */
  get before(): string | undefined {
    return this.sightings.at(-2)?.cursor
  }

  /** What was moved over and no commit told of was a bookmark. */
  finish(): void {
    if (this.#moved !== undefined) this.#push({ what: 'bookmark', cursor: this.#moved })
    this.#moved = undefined
  }

  #move(cursor: string): void {
    if (cursor === this.#moved || (this.#moved === undefined && cursor === this.sightings.at(-1)?.cursor)) return
    this.finish()
    this.#moved = cursor
  }

  #see(commit: ReplicaCommit | undefined, cursor: string): void {
    this.#move(cursor)
    this.#moved = undefined
    const before = this.sightings.at(-1)?.cursor
    if (commit === undefined) {
      this.#push({ what: 'snapshot', cursor, isDue: before === undefined || !this.#options.isUsable(before) })
    } else {
      const changes = commit.changes.filter(({ kind }) => this.hasKind(kind))
      this.#push({ what: 'commit', cursor: commit.cursor, text: encodeCommit({ ...commit, changes }) })
    }
  }

  #push(sighting: Sighting): void {
    this.sightings.push(sighting)
    this.#options.onSighting?.(sighting)
  }
}
