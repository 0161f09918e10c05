/** Records of one kind that were written behind: seen by this process at once, committed with the next flush (rule D3). */
import { type HoldfastError, isHoldfastError } from '../../base/error.ts'
import { fromStoredText, type StoredForm } from '../../state/value.ts'
import type { CommitContext } from '../commit/commit-context.ts'
import type { RecordDraft } from '../records/record-draft.ts'
import type { RecordSet } from '../records/record-set.ts'

/** The last write of one record that is not committed yet. */
export class PendingWrite {
  readonly key: string
  /** What is to be stored; undefined for a delete. */
  readonly stored: StoredForm | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  /** Why it alone could not be committed, when that was last tried; it is tried again with each flush. */
  refusal: HoldfastError | undefined
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
  /** Told of a write that was refused for the first time. */
  readonly onRefused: (kind: string, write: PendingWrite) => void
}

/** A write that was refused for what it says, while others can be committed. */
export interface RefusedWrite {
  readonly kind: string
  /** Key of the record; `''` for a document. */
  readonly key: string
  readonly code: HoldfastError['code']
  readonly message: string
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

  /** How many of them are refused. */
  get refusedSize(): number {
    let count = 0
    for (const { refusal } of this.#writes.values()) if (refusal !== undefined) count += 1
    return count
  }

  get firstRefusal(): HoldfastError | undefined {
    for (const { refusal } of this.#writes.values()) if (refusal !== undefined) return refusal
    return undefined
  }

  /** Those that no commit holds, even alone. */
  tooLarge(): readonly PendingWrite[] {
    return [...this.#writes.values()].filter(isTooLarge)
  }

  *refused(): Generator<RefusedWrite, void, void> {
    for (const { key, refusal } of this.#writes.values())
      if (refusal !== undefined) yield Object.freeze({ kind: this.#records.name, key, code: refusal.code, message: refusal.message })
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

  /** Forgets the last write of a record, if it is not committed yet. */
  revert(key: string): boolean {
    const write = this.#writes.get(key)
    if (write === undefined) return false
    this.#forget(write)
    return true
  }

  /**
   * Writes them into a commit: all, but for those that no commit holds, unless told which. They are pending until it is made.
   *
   * One that is refused for what it says is left out, and stays pending: it keeps no other from being committed.
   */
  writeTo(commit: CommitContext, some: readonly PendingWrite[] = this.#fitting()): void {
    const draft = this.#records.draft(commit)
    const refusals = new Map<PendingWrite, HoldfastError>()
    for (const write of some) {
      if (this.#writes.get(write.key) !== write) continue
      const refusal = this.#tryWrite(draft, write)
      if (refusal !== undefined) refusals.set(write, refusal)
    }
    commit.onMade(() => {
      for (const write of some) {
        const refusal = refusals.get(write)
        if (refusal === undefined) this.#made(write)
        else this.refuse(write, refusal)
      }
    })
  }

  #fitting(): readonly PendingWrite[] {
    return [...this.#writes.values()].filter((write) => !isTooLarge(write))
  }

  /** It cannot be committed, for what it says. */
  refuse(write: PendingWrite, refusal: HoldfastError): void {
    const isFirst = write.refusal === undefined
    write.refusal = refusal
    if (isFirst && this.#writes.get(write.key) === write) this.#options.onRefused(this.#records.name, write)
  }

  #tryWrite(draft: RecordDraft, { key, stored }: PendingWrite): HoldfastError | undefined {
    try {
      if (stored === undefined) this.#records.remove(draft, key)
      else this.#records.write(draft, key, stored)
      return undefined
    } catch (error) {
      if (!isRefusal(error)) throw error
      return error
    }
  }

  /** Unless it was written again meanwhile. Whoever holds its value goes on holding the current one (rule R2). */
  #made(write: PendingWrite): void {
    const { key, stored, value } = write
    if (stored !== undefined && typeof value === 'object' && value !== null) this.#records.adopt(key, stored.text, value)
    if (this.#writes.get(key) === write) this.#forget(write)
  }

  #forget(write: PendingWrite): void {
    this.#writes.delete(write.key)
    this.#characters -= write.characters
    this.onChange(write.key)
  }
}

/** Thrown before anything is written, and about the one record alone. */
function isRefusal(error: unknown): error is HoldfastError {
  return isHoldfastError(error, 'UNIQUE_CONFLICT') || isHoldfastError(error, 'VALUE_INVALID') || isHoldfastError(error, 'PARENT_MISSING')
}

function isTooLarge({ refusal }: PendingWrite): boolean {
  return refusal?.code === 'COMMIT_TOO_LARGE'
}
