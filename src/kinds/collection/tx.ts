import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { checkOptions } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { Expectation, RecordSet } from '../../engine/records/record-set.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import type { Entry } from '../../state/entry.ts'
import { expectationRules } from '../../state/expectation.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { Page, Query } from '../../state/query.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { Finder } from './finder.ts'
import type { CollectionLookups } from './reads.ts'
import { fieldOf, recordOf } from './record-of.ts'

/** What `tx.<collection>` offers inside a commit; its reads see the commit's own writes. */
export interface CollectionTx<Input, Output, Indexes = unknown> extends CollectionLookups<Output, Indexes> {
  /** Writes a record under its key, whether or not there is one. @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID · UNIQUE_CONFLICT · REVISION_CONFLICT */
  put(value: Frozen<Input>, options?: Expectation): void
  /** Writes a record that must be new. @throws HoldfastError KEY_EXISTS, and what `put` throws */
  insert(value: Frozen<Input>): void
  /** Writes what `change` makes of a record that must exist. @throws HoldfastError KEY_MISSING, and what `put` throws */
  update(key: string, change: (value: Frozen<Output>) => Frozen<Input>, options?: Expectation): void
  /** Deletes a record; false when there is none. @throws HoldfastError REVISION_CONFLICT */
  delete(key: string, options?: Expectation): boolean
}

export interface CollectionTxParts {
  readonly records: RecordSet
  readonly finder: Finder
  readonly kind: CollectionKind
}

export class CollectionTxImpl {
  readonly #commit: CommitContext
  readonly #records: RecordSet
  readonly #finder: Finder
  readonly #kind: CollectionKind
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, parts: CollectionTxParts) {
    this.#commit = commit
    this.#records = parts.records
    this.#finder = parts.finder
    this.#kind = parts.kind
  }

  get(key: string): unknown {
    this.#assertOpen('get')
    if (typeof key !== 'string') assertKeyText('key', key)
    return this.#records.get(key)
  }

  entry(key: string): Entry | undefined {
    this.#assertOpen('entry')
    if (typeof key !== 'string') assertKeyText('key', key)
    return this.#records.entry(key)
  }

  find(query: Query = {}): Page<unknown> {
    this.#assertOpen('find')
    return this.#finder.find(query)
  }

  count(query?: Query): number {
    this.#assertOpen('count')
    return query === undefined ? this.#records.count() : this.#finder.count(query)
  }

  put(value: unknown, options?: Expectation): void {
    this.#write('put', value, options)
  }

  insert(value: unknown): void {
    this.#write('insert', value, undefined)
  }

  update(key: string, change: (value: unknown) => unknown, options?: Expectation): void {
    this.#assertOpen('update')
    assertKeyText('key', key, { kind: this.#records.name })
    if (typeof change !== 'function') throw misuse('change', 'a function from the record to its successor', change)
    this.#expect(key, options)
    const value = this.#records.get(key)
    if (value === undefined) throw this.#missing(key)
    const { key: field } = this.#kind
    const next = toStored(validate(this.#kind.schema, change(value), this.#records.name), this.#records.name)
    const written = fieldOf(next.data, field)
    if (written !== key) throw misuse('update', `a record that keeps its ${field} ${JSON.stringify(key)}`, written)
    this.#assertOpen('update')
    this.#records.write(this.#begin(), key, next)
  }

  delete(key: string, options?: Expectation): boolean {
    this.#assertOpen('delete')
    if (typeof key !== 'string') assertKeyText('key', key)
    this.#expect(key, options)
    return this.#records.remove(this.#begin(), key)
  }

  #write(method: 'put' | 'insert', value: unknown, options: Expectation | undefined): void {
    this.#assertOpen(method)
    const { key, stored } = recordOf(this.#kind, this.#records.name, value)
    if (options !== undefined) this.#expect(key, options)
    if (method === 'insert') this.#assertNew(key)
    this.#records.write(this.#begin(), key, stored)
  }

  #assertNew(key: string): void {
    const slot = this.#records.find(key)
    if (slot === undefined) return
    const details = { kind: this.#records.name, key, revision: slot.revision }
    throw new HoldfastError('KEY_EXISTS', `${details.kind} ${JSON.stringify(key)} exists already, at revision ${slot.revision}.`, details)
  }

  #missing(key: string): HoldfastError<'KEY_MISSING'> {
    const kind = this.#records.name
    return new HoldfastError('KEY_MISSING', `${kind} ${JSON.stringify(key)} does not exist.`, { kind, key })
  }

  #expect(key: string, options: Expectation | undefined): void {
    if (options === undefined) return
    checkOptions('write', options, expectationRules)
    this.#records.expect(key, options)
  }

  #begin(): RecordDraft {
    if (this.#draft === undefined) {
      this.#commit.noteKind(this.#kind.durability)
      this.#draft = this.#records.draft(this.#commit)
    }
    return this.#draft
  }

  #assertOpen(method: string): void {
    if (!this.#commit.isOpen) this.#commit.assertOpen(`${this.#records.name}.${method}`)
  }
}
