/** Bytes that are safe on disk and have no record yet. */
import type { Artifact } from '../../state/artifacts-kind.ts'

/** What a record of the bytes will say, as far as it was given; the rest follows when it is written. */
export type StagedFacts = Omit<Artifact, 'version' | 'createdAt' | 'type'> & { readonly type?: string }

/** What became of it on the disk. */
export interface StagedFile {
  /** The second name of the file, in `tmp`. */
  readonly part: string
  /** It takes the place of other bytes. */
  readonly isReplacement: boolean
  /** Whose it is: one kind of one open store. */
  readonly owner: object
}

/**
 * Bytes to be recorded by `tx.<kind>.attach` in whatever commit they belong to. They are on disk, whole and synced.
 *
 * Without a record they go when they are discarded, when the store is closed, or after a crash.
 */
export class StagedArtifact {
  /** The id that the artifact will have. */
  readonly id: string
  readonly hash: string
  readonly bytes: number
  readonly #facts: StagedFacts
  readonly #file: StagedFile
  readonly #discard: () => Promise<void>
  #discarded: Promise<void> | undefined

  constructor(facts: StagedFacts, file: StagedFile, discard: () => Promise<void>) {
    this.id = facts.id
    this.hash = facts.hash
    this.bytes = facts.bytes
    this.#facts = facts
    this.#file = file
    this.#discard = discard
  }

  /** What it is made of; undefined for anything else, one of another kind or store, and one that is discarded. */
  static reveal(given: unknown, owner: object): { readonly facts: StagedFacts; readonly file: StagedFile } | undefined {
    const isStaged = typeof given === 'object' && given !== null && #facts in given
    if (!isStaged || given.#file.owner !== owner || given.#discarded !== undefined) return undefined
    return { facts: given.#facts, file: given.#file }
  }

  /** Gives the bytes up unless they were recorded; a second call does nothing more. */
  discard(): Promise<void> {
    this.#discarded ??= this.#discard()
    return this.#discarded
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.discard()
  }
}
