/** Records of one kind that were written behind: seen by this process at once, committed with the next flush (rule D3). */
import { fromStoredText, type StoredForm } from '../../state/value.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { RecordSet } from '../records/record-set.ts'

/** The last write of one record that is not committed yet. */
export class PendingWrite {
  readonly key: string
  /** What is to be stored; undefined for a delete. */
  readonly stored: StoredForm | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  #value: unknown

  constructor(key: string, stored: StoredForm | undefined, at: number) {
    this.key = key
    this.stored = stored
    this.at = at
  }

  get characters(): number {
    return this.key.length + (this.stored?.text.length ?? 0)
  }

  /** The frozen value, the same object each time; undefined for a delete. */
  get value(): unknown {
    if (this.#value === undefined && this.stored !== undefined) this.#value = fromStoredText(this.stored.text)
    return this.#value
  }
}

export interface PendingOptions {
  readonly now: () => number
  /** Told what a write adds, in characters, before it is pending. @throws to refuse it */
  readonly onWrite: (characters: number) => void
}

export class PendingRecords {
  readonly #records: RecordSet
  readonly #options: PendingOptions
  #characters = 0
  readonly #writes = new Map<string, PendingWrite>()
  /** Told of each write and of each one that is committed, by key. */
  onChange: (key: string) => void = () => undefined

  constructor(records: RecordSet, options: PendingOptions) {
    this.#records = records
    this.#options = options
  }

  /** Characters of what is to be stored. */
  get characters(): number {
    return this.#characters
  }

  get size(): number {
    return this.#writes.size
  }

  get(key: string): PendingWrite | undefined {
    return this.#writes.get(key)
  }

  all(): Iterable<PendingWrite> {
    return this.#writes.values()
  }

  /** The last write of a record wins. @param stored undefined deletes it */
  write(key: string, stored: StoredForm | undefined): void {
    const write = new PendingWrite(key, stored, this.#options.now())
    const added = write.characters - (this.#writes.get(key)?.characters ?? 0)
    this.#options.onWrite(added)
    this.#characters += added
    this.#writes.set(key, write)
    this.onChange(key)
  }

  /** Writes all of them into a commit. They are pending until it is made. */
  writeTo(commit: CommitContext): void {
    const written = [...this.#writes.values()]
    const draft = this.#records.draft(commit)
    for (const { key, stored } of written) {
      if (stored === undefined) this.#records.remove(draft, key)
      else this.#records.write(draft, key, stored)
    }
    commit.onMade(() => {
      for (const write of written) this.#made(write)
    })
  }

  /** Unless it was written again meanwhile. Whoever holds its value goes on holding the current one (rule R2). */
  #made(write: PendingWrite): void {
    const { key, stored, value } = write
    if (stored !== undefined && typeof value === 'object' && value !== null) this.#records.adopt(key, stored.text, value)
    if (this.#writes.get(key) !== write) return
    this.#writes.delete(key)
    this.#characters -= write.characters
    this.onChange(key)
  }
}
