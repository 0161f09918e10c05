/** What one commit did to the records of one kind. */
import { type ChangeSource, type CommitContext, joinChanges } from '../commit/commit-context.ts'
import { type EncodedKind, encodeDelete, encodePut } from '../history/encode-change.ts'
import type { Change } from '../../state/change.ts'
import type { Slot } from './record-cache.ts'
import type { Written } from './record-table.ts'

/** What a draft needs of the records it is a draft of. */
export interface DraftedRecords {
  readonly name: string
  /** They belong to this process and have no history. */
  readonly isLocal: boolean
  /** How a record is written into the history. */
  encodingOf(key: string): EncodedKind
  /** What a record that the commit writes says of it. */
  stamp(commit: CommitContext): Written
  /** The record, where this process knows it to be current. */
  known(key: string): Slot | undefined
  /** Remembers what was written. */
  keepOwn(key: string, text: string, written: Written): void
  /** Writes a record that the commit wrote again, with the revision the commit has now. */
  restamp(key: string, text: string, written: Written): void
  /** Puts a record back as it was before the commit. */
  restore(key: string, slot: Slot, written: Written): void
  /** Remembers a record as it was, after a rollback. */
  revert(key: string, slot: Slot | undefined): void
}

interface Touched {
  readonly key: string
  /** What was there before the commit. */
  readonly before: Slot | undefined
  /** What is there now. */
  after: string | undefined
}

export class RecordDraft implements ChangeSource {
  readonly commit: CommitContext
  readonly written: Written
  readonly #records: DraftedRecords
  /** Most commits touch one record of a kind: the first has a place of its own, and only further ones need a map. */
  #first: Touched | undefined
  #others: Map<string, Touched> | undefined

  constructor(records: DraftedRecords, commit: CommitContext) {
    this.#records = records
    this.commit = commit
    this.written = records.stamp(commit)
    commit.register(this)
  }

  /** The record as this process knows it to be, if it does. */
  before(key: string): Slot | undefined {
    return this.#records.known(key)
  }

  /** Notes a write that was made: `before` is what it replaced, `text` what is there now. */
  note(key: string, before: Slot | undefined, text: string | undefined): void {
    const touched = this.#first?.key === key ? this.#first : this.#others?.get(key)
    if (touched === undefined) this.#add({ key, before, after: text })
    else touched.after = text
    if (text !== undefined) this.#records.keepOwn(key, text, this.written)
  }

  /**
   * Encodes the changes in the order the keys were first touched. A record that ended as it began takes none (rule C2). A damaged
   * text never becomes part of the history, which would then not parse: it is written over as if nothing were there, and deleted as
   * null.
   */
  collect(): string {
    let changes = this.#first === undefined ? '' : this.#encode(this.#first)
    for (const touched of this.#others?.values() ?? []) changes = joinChanges(changes, this.#encode(touched))
    return changes
  }

  restamp(): void {
    for (const { key, after } of this.#touched()) if (after !== undefined) this.#records.restamp(key, after, this.written)
  }

  *#touched(): Generator<Touched, void, void> {
    if (this.#first !== undefined) yield this.#first
    yield* this.#others?.values() ?? []
  }

  undo(): void {
    if (this.#first !== undefined) this.#records.revert(this.#first.key, this.#first.before)
    for (const { key, before } of this.#others?.values() ?? []) this.#records.revert(key, before)
  }

  #add(touched: Touched): void {
    if (this.#first === undefined) this.#first = touched
    else (this.#others ??= new Map()).set(touched.key, touched)
  }

  #encode({ key, before, after }: Touched): string {
    if (before?.text === after) {
      if (before !== undefined) this.#records.restore(key, before, this.written)
      return ''
    }
    if (this.#records.isLocal) {
      this.commit.noteLocal(this.#changeOf(key, before))
      return ''
    }
    const encoding = this.#records.encodingOf(key)
    const isUsable = before !== undefined && (encoding.isHashed || before.isWhole)
    if (after !== undefined) return encodePut(encoding, key, after, isUsable ? before : undefined)
    return encodeDelete(encoding, key, isUsable ? before : { text: 'null', revision: before?.revision ?? 0 })
  }

  /** The change as watchers see it, where there is no history to read it from. */
  #changeOf(key: string, before: Slot | undefined): Change {
    const { name: kind } = this.#records
    const was = before === undefined ? {} : { before: before.value }
    const now = this.#records.known(key)
    const change = now === undefined ? { kind, op: 'delete', key, ...was } : { kind, op: 'put', key, value: now.value, ...was }
    return Object.freeze(change) as Change
  }
}
