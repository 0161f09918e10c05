import { misuse } from '../../base/misuse.ts'
import { checkOptions } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { Expectation, RecordSet } from '../../engine/records/record-set.ts'
import type { DocumentKind } from '../../state/document-kind.ts'
import type { Entry } from '../../state/entry.ts'
import { expectationRules } from '../../state/expectation.ts'
import type { Frozen } from '../../state/frozen.ts'
import { validate } from '../../state/standard-schema.ts'
import { toStored } from '../../state/value.ts'

/** What `tx.<document>` offers inside a commit. */
export interface DocumentTx<Input, Output> {
  get(): Frozen<Output> | undefined
  entry(): Entry<Frozen<Output>> | undefined
  /** @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID · REVISION_CONFLICT */
  set(value: Frozen<Input>, options?: Expectation): void
  /** Sets what `change` makes of the value; it is undefined when the document was never set. */
  update(change: (value: Frozen<Output> | undefined) => Frozen<Input>, options?: Expectation): void
  /** False when there is nothing to delete. */
  delete(options?: Expectation): boolean
}

export class DocumentTxImpl implements DocumentTx<unknown, unknown> {
  readonly #commit: CommitContext
  readonly #records: RecordSet
  readonly #kind: DocumentKind
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, records: RecordSet, kind: DocumentKind) {
    this.#commit = commit
    this.#records = records
    this.#kind = kind
  }

  get(): Frozen<unknown> | undefined {
    this.#commit.assertOpen(`${this.#records.name}.get`)
    return this.#records.get('')
  }

  entry(): Entry<Frozen<unknown>> | undefined {
    this.#commit.assertOpen(`${this.#records.name}.entry`)
    return this.#records.entry('')
  }

  set(value: unknown, options?: Expectation): void {
    const draft = this.#begin('set', options)
    const { name } = this.#records
    const stored = validate(this.#kind.schema, value, name)
    this.#records.write(draft, '', toStored(stored, name))
  }

  update(change: (value: Frozen<unknown> | undefined) => unknown, options?: Expectation): void {
    if (typeof change !== 'function') throw misuse('change', 'a function from the value to its successor', change)
    this.#begin('update', options)
    this.set(change(this.get()))
  }

  delete(options?: Expectation): boolean {
    return this.#records.remove(this.#begin('delete', options), '')
  }

  #begin(method: string, options: Expectation | undefined): RecordDraft {
    this.#commit.assertOpen(`${this.#records.name}.${method}`)
    if (options !== undefined) {
      checkOptions(method, options, expectationRules)
      this.#records.expect('', options)
    }
    if (this.#draft === undefined) {
      this.#commit.noteKind(this.#kind.durability)
      this.#draft = this.#records.draft(this.#commit)
    }
    return this.#draft
  }
}
