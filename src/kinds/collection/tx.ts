import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { Expectation, RecordSet } from '../../engine/records/record-set.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import type { Frozen } from '../../state/frozen.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { CollectionLookups } from './reads.ts'
import { fieldOf, recordOf } from './record-of.ts'
import { RecordsTx, type RecordsTxParts } from './records-tx.ts'

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

export interface CollectionTxParts extends RecordsTxParts {
  readonly kind: CollectionKind
}

export class CollectionTxImpl extends RecordsTx {
  readonly #records: RecordSet
  readonly #kind: CollectionKind

  constructor(commit: CommitContext, parts: CollectionTxParts) {
    super(commit, parts)
    this.#records = parts.records
    this.#kind = parts.kind
  }

  put(value: unknown, options?: Expectation): void {
    this.#write('put', value, options)
  }

  insert(value: unknown): void {
    this.#write('insert', value, undefined)
  }

  update(key: string, change: (value: unknown) => unknown, options?: Expectation): void {
    RecordsTx.assertOpen(this, 'update')
    assertKeyText('key', key, { kind: this.#records.name })
    if (typeof change !== 'function') throw misuse('change', 'a function from the record to its successor', change)
    RecordsTx.expect(this, key, options)
    const value = this.#records.get(key)
    if (value === undefined) throw RecordsTx.missing(this, key)
    const { key: field } = this.#kind
    const next = toStored(validate(this.#kind.schema, change(value), this.#records.name), this.#records.name)
    const written = fieldOf(next.data, field)
    if (written !== key) throw misuse('update', `a record that keeps its ${field} ${JSON.stringify(key)}`, written)
    RecordsTx.assertOpen(this, 'update')
    this.#records.write(RecordsTx.begin(this), key, next)
  }

  delete(key: string, options?: Expectation): boolean {
    RecordsTx.assertOpen(this, 'delete')
    if (typeof key !== 'string') assertKeyText('key', key)
    RecordsTx.expect(this, key, options)
    return this.#records.remove(RecordsTx.begin(this), key)
  }

  #write(method: 'put' | 'insert', value: unknown, options: Expectation | undefined): void {
    RecordsTx.assertOpen(this, method)
    const { key, stored } = recordOf(this.#kind, this.#records.name, value)
    if (options !== undefined) RecordsTx.expect(this, key, options)
    if (method === 'insert') this.#assertNew(key)
    this.#records.write(RecordsTx.begin(this), key, stored)
  }

  #assertNew(key: string): void {
    const slot = this.#records.find(key)
    if (slot === undefined) return
    const details = { kind: this.#records.name, key, revision: slot.revision }
    throw new HoldfastError('KEY_EXISTS', `${details.kind} ${JSON.stringify(key)} exists already, at revision ${slot.revision}.`, details)
  }
}
