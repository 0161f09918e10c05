/**
 * The records of one kind: read through the cache, written inside commits.
 *
 * A document is the one record with the key `''`; a collection has any number. Both are this one mechanism.
 */
import { HoldfastError } from '../../base/error.ts'
import { isUniqueViolation } from '../../sqlite/sqlite-error.ts'
import type { Connection } from '../../sqlite/driver.ts'
import type { Step } from '../../sqlite/helper-protocol.ts'
import type { Entry } from '../../state/entry.ts'
import { isDistinct, type StoredForm } from '../../state/value.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import { type ChangeHeads, changeHeads, type EncodedKind } from '../history/encode-change.ts'
import type { Ledger } from '../ledger.ts'
import { Lifetimes } from './lifetimes.ts'
import { openLocalTable } from './local-table.ts'
import { RecordCache, Slot } from './record-cache.ts'
import type { Relations } from './relations.ts'
import { RecordDraft } from './record-draft.ts'
import { type CellChanges, type Cells, type Column, RecordTable, type Written } from './record-table.ts'

/** How a kind's values become index cells; documents have none. */
export interface ColumnLayout {
  readonly names: readonly string[]
  /** How long a record stays without being written, ms, where there is a column for that. */
  readonly ttlMs?: number | undefined
  columnsOf(key: string, value: unknown): readonly Column[]
  /** Which unique index refuses these cells. */
  findConflict(
    connection: Connection,
    key: string,
    columns: readonly Column[],
  ): { readonly index: string; readonly heldBy: string } | undefined
}

export interface RecordSetOptions {
  readonly id: number
  readonly name: string
  /** The history holds hashes of the values instead of the values (feed `key` or `none`). */
  readonly isHashed: boolean
  /** Of these records it does so in any case. */
  readonly isSecret?: (key: string) => boolean
  /** They belong to this process: their table is a temporary one, and nothing of them is in the history (rule D4). */
  readonly isLocal: boolean
  readonly readOnly: boolean
  readonly ledger: Ledger
  /** Told of a record whose stored text does not parse; it is skipped (rule R5). */
  readonly onUndecodable: (kind: string, key: string) => void
}

/** What a write may ask for: the revision it expects to replace, `null` for none. */
export interface Expectation {
  readonly expect?: number | null | undefined
}

export class RecordSet {
  readonly id: number
  readonly name: string
  readonly isHashed: boolean
  readonly heads: ChangeHeads
  readonly isLocal: boolean
  readonly #isSecret: ((key: string) => boolean) | undefined
  readonly #secret: EncodedKind
  readonly #readOnly: boolean
  readonly #ledger: Ledger
  readonly #onUndecodable: RecordSetOptions['onUndecodable']
  readonly #cache = new RecordCache()
  /** Undefined where records have neither parents nor children. */
  relations: Relations | undefined
  /** Undefined where records stay until they are deleted. */
  lifetimes: Lifetimes | undefined
  #connection: Connection | undefined
  #table: RecordTable | undefined
  #layout: ColumnLayout | undefined
  /** Commits that wrote local records: what such a record has for a revision. */
  #localRevision = 0

  constructor({ id, name, isHashed, isSecret, isLocal, readOnly, ledger, onUndecodable }: RecordSetOptions) {
    this.id = id
    this.name = name
    this.isHashed = isHashed
    this.heads = changeHeads(id, isHashed)
    this.isLocal = isLocal
    this.#isSecret = isSecret
    this.#secret = { isHashed: true, heads: changeHeads(id, true) }
    this.#readOnly = readOnly
    this.#ledger = ledger
    this.#onUndecodable = onUndecodable
  }

  /** Prepares for a connection; without one the table is not there (a read-only store of an older version) and has no records. */
  attach(connection: Connection | undefined, layout: ColumnLayout): void {
    this.#connection = connection
    this.#layout = layout
    const { names, ttlMs } = layout
    this.#table = connection === undefined ? undefined : new RecordTable(connection, this.id, names, ttlMs !== undefined)
    this.lifetimes = connection === undefined || ttlMs === undefined ? undefined : new Lifetimes(connection, this.id, ttlMs)
  }

  /** As `attach`, of records that belong to this process: they move from connection to connection. A read-only store has none. */
  attachLocal(connection: Connection, layout: ColumnLayout, steps: readonly Step[]): void {
    if (!this.#readOnly) openLocalTable(connection, this.id, { steps, before: this.#connection })
    this.attach(this.#readOnly ? undefined : connection, layout)
  }

  /** What a record that the commit writes says of it. */
  stamp(commit: CommitContext): Written {
    if (!this.isLocal) return commit
    this.#localRevision += 1
    return { revision: this.#localRevision, at: commit.at }
  }

  /** How a record is written into the history: with its value, or with a hash in place of it. */
  encodingOf(key: string): EncodedKind {
    return this.#isSecret?.(key) === true ? this.#secret : this
  }

  /** There is a table to read. */
  get isAttached(): boolean {
    return this.#table !== undefined
  }

  /** Drops all that is remembered; the history is another one. */
  forget(): void {
    if (this.isLocal) return
    this.#cache.clear()
  }

  /** The record as it is now, or undefined. Call inside a turn's read transaction or a commit. */
  find(key: string): Slot | undefined {
    const slot = this.#cache.get(key)
    const { generation } = this.#ledger
    if (slot !== undefined && slot.seenIn === generation) return slot
    const row = isDistinct(key) ? this.#table?.read(key) : undefined
    if (row === undefined) {
      if (slot !== undefined) this.#cache.delete(key)
      return undefined
    }
    return this.#cache.keep(key, row[0] as string, row[1] as number, row[2] as number, generation)
  }

  /** The slot of a row that was read by other means. */
  keep(key: string, text: string, revision: number, at: number): Slot {
    return this.#cache.keep(key, text, revision, at, this.#ledger.generation)
  }

  /** Remembers a record that was written just now. */
  keepOwn(key: string, text: string, { revision, at }: Written): void {
    const slot = new Slot(text, revision, at, this.#ledger.generation)
    slot.markOwn()
    this.#cache.write(key, slot)
  }

  /** The value of a slot; undefined, and reported, when its text is damaged. */
  valueOf(key: string, slot: Slot): unknown {
    try {
      return slot.value
    } catch {
      this.#onUndecodable(this.name, key)
      return undefined
    }
  }

  get(key: string): unknown {
    const slot = this.find(key)
    return slot === undefined ? undefined : this.valueOf(key, slot)
  }

  entry(key: string): Entry | undefined {
    const slot = this.find(key)
    const value = slot === undefined ? undefined : this.valueOf(key, slot)
    if (slot === undefined || value === undefined) return undefined
    return Object.freeze({ value, revision: slot.revision, at: slot.at })
  }

  count(): number {
    return this.#table?.count() ?? 0
  }

  /** Writes a record unless it already holds this text. */
  write(draft: RecordDraft, key: string, { text, data }: StoredForm): void {
    const { commit } = draft
    this.relations?.assertParent(this.name, key, data)
    const before = draft.before(key)
    const cells = { text, columns: this.columnsOf(key, data) }
    try {
      if (before === undefined && this.#table?.insert(key, cells, draft.written)) draft.note(key, undefined, text)
      else this.#replace(draft, key, cells, before ?? this.find(key))
    } catch (error) {
      throw this.#explain(error, key, cells.columns)
    }
    commit.addBytes(text.length)
  }

  /** Writes a record under a key that is new for certain, without parents and unique indexes. */
  add(draft: RecordDraft, key: string, { text, data }: StoredForm): void {
    this.#table?.add(key, { text, columns: this.columnsOf(key, data) }, draft.written)
    draft.note(key, undefined, text)
    draft.commit.addBytes(text.length)
  }

  /** Writes a record anew that is there, without parents and of no limited life, where it is known which index cells change. */
  change(draft: RecordDraft, key: string, text: string, cells: CellChanges): void {
    const before = draft.before(key) ?? this.find(key)
    if (before?.text === text) return
    this.#table?.updateSome(key, text, cells, draft.written)
    draft.note(key, before, text)
    draft.commit.addBytes(text.length)
  }

  /** False when there is nothing to delete. */
  remove(draft: RecordDraft, key: string): boolean {
    const slot = this.find(key)
    if (slot === undefined) return false
    this.#table?.delete(key)
    this.#cache.delete(key)
    draft.note(key, slot, undefined)
    draft.commit.addBytes(slot.text.length)
    this.relations?.removeChildren(draft.commit, key)
    return true
  }

  /** @throws HoldfastError REVISION_CONFLICT */
  expect(key: string, { expect }: Expectation): void {
    if (expect === undefined) return
    const actual = this.find(key)?.revision ?? null
    if (actual === expect) return
    const there = actual === null ? 'it does not exist' : `it is at revision ${actual}`
    const wanted = expect === null ? 'not to exist' : `at revision ${expect}`
    throw new HoldfastError('REVISION_CONFLICT', `${this.#describe(key)} was expected ${wanted}, but ${there}.`, {
      kind: this.name,
      key,
      expected: expect,
      actual,
    })
  }

  /** The changes of one commit to these records. Of those that may go with others, the commit has one for whoever makes them go. */
  draft(commit: CommitContext): RecordDraft {
    if (this.relations === undefined) return new RecordDraft(this, commit)
    return commit.shared(this, () => new RecordDraft(this, commit))
  }

  /** True when there is such a record, as the running commit sees it. */
  has(key: string): boolean {
    return this.find(key) !== undefined
  }

  /** The slot known to be current, without asking SQLite. */
  known(key: string): Slot | undefined {
    const slot = this.#cache.peek(key)
    return slot !== undefined && slot.seenIn === this.#ledger.generation ? slot : undefined
  }

  /** Writes a record that the running commit wrote again: the commit has got a later revision. */
  restamp(key: string, text: string, written: Written): void {
    this.#table?.restamp(key, text, written)
    this.keepOwn(key, text, written)
  }

  /** Lets go of a record that was written just now and is not likely to be asked for. */
  letGo(key: string): void {
    this.#cache.delete(key)
  }

  /** Whoever holds `value` of a record that is now stored with this text goes on holding the current one. */
  adopt(key: string, text: string, value: object): void {
    const slot = this.#cache.peek(key)
    if (slot !== undefined && slot.text === text && slot.parsed === undefined) slot.adopt(value)
  }

  /** Puts a record back as it was before the commit that is being made. */
  restore(key: string, slot: Slot, { at }: Written): void {
    this.#table?.update(key, { text: slot.text, columns: this.columnsOf(key, slot.value) }, slot)
    this.lifetimes?.renew(key, at)
    this.#cache.put(key, slot)
  }

  /** Remembers one record as it was before a commit that is rolled back. */
  revert(key: string, slot: Slot | undefined): void {
    if (slot === undefined) this.#cache.delete(key)
    else this.#cache.put(key, slot)
  }

  #replace(draft: RecordDraft, key: string, cells: Cells, before: Slot | undefined): void {
    if (before?.text === cells.text) return this.lifetimes?.renew(key, draft.written.at)
    this.#table?.update(key, cells, draft.written)
    draft.note(key, before, cells.text)
  }

  /** The index cells of a value. @throws HoldfastError VALUE_INVALID for what an index cannot hold */
  columnsOf(key: string, value: unknown): readonly Column[] {
    return this.#layout?.columnsOf(key, value) ?? []
  }

  #explain(error: unknown, key: string, columns: readonly Column[]): unknown {
    if (!isUniqueViolation(error) || this.#connection === undefined) return error
    const conflict = this.#layout?.findConflict(this.#connection, key, columns)
    if (conflict === undefined) return error
    return new HoldfastError(
      'UNIQUE_CONFLICT',
      `${this.#describe(key)} has the same values in the unique index "${conflict.index}" as ${JSON.stringify(conflict.heldBy)}.`,
      { kind: this.name, index: conflict.index, key, heldBy: conflict.heldBy },
      { cause: error },
    )
  }

  #describe(key: string): string {
    return key === '' ? this.name : `${this.name} ${JSON.stringify(key)}`
  }
}
