/** Parents and children of records (rule X39): a child has a parent, and goes with it in the same commit. */
import { HoldfastError } from '../../base/error.ts'
import type { KindDurability } from '../../state/durability.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { RecordDraft } from './record-draft.ts'

/** What relations need of a set of records. */
export interface RelatedRecords {
  readonly name: string
  has(key: string): boolean
  draft(commit: CommitContext): RecordDraft
  remove(draft: RecordDraft, key: string): boolean
}

/** Records of another kind that go with one of this kind. */
export interface Children {
  readonly records: RelatedRecords
  readonly durability: KindDurability | undefined
  /** Keys of the children of a record, as the running commit sees them. */
  keysOf(parentKey: string): readonly string[]
}

/** Where the records of a kind have their parents. */
export interface Parents {
  readonly records: RelatedRecords
  /** The field that holds the parent's key; absent where a record has none. */
  readonly field: string
}

export class Relations {
  parents: Parents | undefined
  readonly #children: Children[] = []

  addChildren(children: Children): void {
    this.#children.push(children)
  }

  /** @throws HoldfastError PARENT_MISSING */
  assertParent(kind: string, key: string, value: unknown): void {
    if (this.parents === undefined) return
    const { records, field } = this.parents
    const parentKey = (value as { readonly [field: string]: unknown })[field]
    if (parentKey === undefined) return
    if (typeof parentKey === 'string' && records.has(parentKey)) return
    const details = { kind, key, parent: records.name, parentKey: JSON.stringify(parentKey) }
    const message = `${kind} ${JSON.stringify(key)} names ${details.parentKey} of "${records.name}" as its parent, which does not exist.`
    throw new HoldfastError('PARENT_MISSING', message, details)
  }

  /** Deletes what belongs to a record that was deleted, and what belongs to that. */
  removeChildren(commit: CommitContext, parentKey: string): void {
    for (const { records, durability, keysOf } of this.#children) {
      const keys = keysOf(parentKey)
      if (keys.length === 0) continue
      commit.noteKind(durability)
      const draft = records.draft(commit)
      for (const key of keys) records.remove(draft, key)
    }
  }
}
