import { HoldfastError } from '../../base/error.ts'
import { checkOptions } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { Expectation, RecordSet } from '../../engine/records/record-set.ts'
import type { KindDurability } from '../../state/durability.ts'
import type { Entry } from '../../state/entry.ts'
import { expectationRules } from '../../state/expectation.ts'
import type { Page, Query } from '../../state/query.ts'
import { assertKeyText } from '../../state/value.ts'
import type { Finder } from './finder.ts'

export interface RecordsTxParts {
  readonly records: RecordSet
  readonly finder: Finder
  readonly kind: { readonly durability: KindDurability | undefined }
}

/**
 * What `tx.<name>` of kinds with indexed records has in common: the reads, which see the commit's own writes, and the beginning of writes.
 *
 * What writes use is static: users hold such an object, and must not find it there.
 */
export class RecordsTx {
  readonly #commit: CommitContext
  readonly #parts: RecordsTxParts
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, parts: RecordsTxParts) {
    this.#commit = commit
    this.#parts = parts
  }

  get(key: string): unknown {
    RecordsTx.assertOpen(this, 'get')
    if (typeof key !== 'string') assertKeyText('key', key)
    return this.#parts.records.get(key)
  }

  entry(key: string): Entry | undefined {
    RecordsTx.assertOpen(this, 'entry')
    if (typeof key !== 'string') assertKeyText('key', key)
    return this.#parts.records.entry(key)
  }

  find(query: Query = {}): Page<unknown> {
    RecordsTx.assertOpen(this, 'find')
    return this.#parts.finder.find(query)
  }

  count(query?: Query): number {
    RecordsTx.assertOpen(this, 'count')
    return query === undefined ? this.#parts.records.count() : this.#parts.finder.count(query)
  }

  /** @throws HoldfastError TX_ENDED */
  protected static assertOpen(tx: RecordsTx, method: string): void {
    if (!tx.#commit.isOpen) tx.#commit.assertOpen(`${tx.#parts.records.name}.${method}`)
  }

  /** The changes of the commit to these records. */
  protected static begin(tx: RecordsTx): RecordDraft {
    if (tx.#draft === undefined) {
      tx.#commit.noteKind(tx.#parts.kind.durability)
      tx.#draft = tx.#parts.records.draft(tx.#commit)
    }
    return tx.#draft
  }

  /** @throws HoldfastError REVISION_CONFLICT */
  protected static expect(tx: RecordsTx, key: string, options: Expectation | undefined): void {
    if (options === undefined) return
    checkOptions('write', options, expectationRules)
    tx.#parts.records.expect(key, options)
  }

  protected static missing(tx: RecordsTx, key: string): HoldfastError<'KEY_MISSING'> {
    const kind = tx.#parts.records.name
    return new HoldfastError('KEY_MISSING', `${kind} ${JSON.stringify(key)} does not exist.`, { kind, key })
  }
}
