/** The records of a collection, or the one of a document, in a replica. Each stays the same object as long as it does not change (rule R2). */
import type { ReplicaChange, ReplicaCommit } from '../../protocol/commit-text.ts'
import type { KindDescription } from '../../state/description.ts'
import { ReplicaError } from '../replica-error.ts'
import type { Entry } from '../../state/entry.ts'
import { checkQuery, count, find } from './find.ts'
import type { Page, Query } from '../../state/query.ts'
import { SortedIndex } from './sorted-index.ts'

export class HeldRecords {
  readonly #name: string
  readonly #description: KindDescription
  readonly #entries = new Map<string, Entry>()
  /** Built when first asked for; `''` is the order of the keys. */
  readonly #indexes = new Map<string, SortedIndex>()

  constructor(name: string, description: KindDescription) {
    this.#name = name
    this.#description = description
  }

  get size(): number {
    return this.#entries.size
  }

  /** Takes a line of a snapshot; a record that `before` has just so stays that object. */
  load([key, revision, at, value]: readonly unknown[], before: HeldRecords | undefined): void {
    const known = before?.entry(key as string)
    const isSame = known !== undefined && known.revision === revision && known.at === at
    this.#entries.set(key as string, isSame ? known : toEntry(value, revision as number, at as number))
  }

  /** Told that a snapshot is whole. */
  seal(): void {}

  /** Told how many changes a commit brings: with so many, an index is built anew sooner than kept up. */
  prepare(changes: number): void {
    if (changes * 16 > this.size) this.#indexes.clear()
  }

  apply(change: ReplicaChange, { revision, at }: ReplicaCommit): void {
    if (change.op === 'delete') this.#delete(change.key)
    if (change.op === 'put' && change.value !== undefined) this.#put(change.key, toEntry(change.value, revision, at))
  }

  get(key: string): unknown {
    return this.#entries.get(key)?.value
  }

  entry(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** @throws TypeError · ReplicaError INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID */
  find(query: Query = {}): Page<unknown> {
    return find(this.#name, this.#indexOf(query), query)
  }

  count(query?: Query): number {
    return query === undefined ? this.size : count(this.#name, this.#indexOf(query), query)
  }

  #put(key: string, entry: Entry): void {
    const before = this.#entries.get(key)
    this.#entries.set(key, entry)
    for (const index of this.#indexes.values()) {
      if (before === undefined) index.add(entry)
      else index.replace(before, entry)
    }
  }

  #delete(key: string): void {
    const before = this.#entries.get(key)
    if (before === undefined) return
    this.#entries.delete(key)
    for (const index of this.#indexes.values()) index.remove(before)
  }

  #indexOf(query: Query): SortedIndex {
    checkQuery(query)
    const name = query.index ?? ''
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    const index = new SortedIndex([...this.#fieldsOf(query.index), this.#description.key ?? ''], this.#entries.values())
    this.#indexes.set(name, index)
    return index
  }

  #fieldsOf(index: string | undefined): readonly string[] {
    if (index === undefined) return []
    const { indexes = {} } = this.#description
    const fields = Object.hasOwn(indexes, index) ? indexes[index]?.fields : undefined
    if (fields !== undefined) return fields
    const kind = this.#name
    const declared = Object.keys(indexes)
    const listed = declared.length === 0 ? 'it declares none' : `it declares ${declared.join(', ')}`
    const message = `"${kind}" has no index ${JSON.stringify(index)}; ${listed}. Declare the index on the collection, or use one that is declared.`
    throw new ReplicaError('INDEX_UNKNOWN', message, { kind, index, declared })
  }
}

function toEntry(value: unknown, revision: number, at: number): Entry {
  return Object.freeze({ value, revision, at })
}
