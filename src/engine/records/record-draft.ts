/** What one commit did to the records of one kind. */
import type { ChangeSource, CommitContext } from '../commit/commit-context.ts'
import { type EncodedKind, encodeDelete, encodePut } from '../history/encode-change.ts'
import type { Slot } from './record-cache.ts'

/** What a draft needs of the records it is a draft of. */
export interface DraftedRecords extends EncodedKind {
  /** The record, where this process knows it to be current. */
  known(key: string): Slot | undefined
  /** Remembers what was written. */
  keepOwn(key: string, text: string, commit: CommitContext): void
  /** Puts a record back as it was before the commit. */
  restore(key: string, slot: Slot): void
  /** Remembers a record as it was, after a rollback. */
  revert(key: string, slot: Slot | undefined): void
}

interface Touched {
  /** What was there before the commit. */
  readonly before: Slot | undefined
  /** What is there now. */
  after: string | undefined
}

export class RecordDraft implements ChangeSource {
  readonly commit: CommitContext
  readonly #records: DraftedRecords
  readonly #touched = new Map<string, Touched>()

  constructor(records: DraftedRecords, commit: CommitContext) {
    this.#records = records
    this.commit = commit
    commit.register(this)
  }

  /** The record as this process knows it to be, if it does. */
  before(key: string): Slot | undefined {
    return this.#records.known(key)
  }

  /** Notes a write that was made: `before` is what it replaced, `text` what is there now. */
  note(key: string, before: Slot | undefined, text: string | undefined): void {
    const touched = this.#touched.get(key)
    if (touched === undefined) this.#touched.set(key, { before, after: text })
    else touched.after = text
    if (text !== undefined) this.#records.keepOwn(key, text, this.commit)
  }

  /**
   * Encodes the changes in the order the keys were first touched. A record that ended as it began takes none (rule C2). A damaged
   * text never becomes part of the history, which would then not parse: it is written over as if nothing were there, and deleted as
   * null.
   */
  collect(into: string[]): void {
    for (const [key, { before, after }] of this.#touched) {
      if (before?.text === after) {
        if (before !== undefined) this.#records.restore(key, before)
        continue
      }
      const isUsable = before !== undefined && (this.#records.isHashed || before.isWhole)
      if (after !== undefined) into.push(encodePut(this.#records, key, after, isUsable ? before : undefined))
      else into.push(encodeDelete(this.#records, key, isUsable ? before : { text: 'null', revision: before?.revision ?? 0 }))
    }
  }

  undo(): void {
    for (const [key, { before }] of this.#touched) this.#records.revert(key, before)
  }
}
