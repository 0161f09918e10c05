import { checkOptions, text } from '../../base/options.ts'
import { type CommitContext, joinChanges } from '../../engine/commit/commit-context.ts'
import { type EncodedKind, encodeAppend, encodeTrim } from '../../engine/history/encode-change.ts'
import type { LogEntry } from '../../state/entry.ts'
import type { LogKind } from '../../state/log-kind.ts'
import type { LogQuery } from '../../state/query.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStoredText } from '../../state/value.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { Entries } from './entries.ts'
import { countEntries, type LogLookups, planEntries } from './reads.ts'

/** What `tx.<log>` offers inside a commit. */
export interface LogTx<Input, Output> extends LogLookups<Output> {
  /** Adds an entry to a stream (default `''`) and answers its number. @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID */
  append(value: Frozen<Input>, options?: { readonly stream?: string }): number
}

const appendRules = { stream: text() }

export interface LogTxParts extends EncodedKind {
  readonly name: string
  readonly kind: LogKind
  readonly entries: Entries
}

export class LogTxImpl implements LogTx<unknown, unknown> {
  readonly #commit: CommitContext
  readonly #parts: LogTxParts
  #changes = ''
  /** Entries appended to each stream. */
  readonly #appended = new Map<string, number>()
  #hasTrimmed = false

  constructor(commit: CommitContext, parts: LogTxParts) {
    this.#commit = commit
    this.#parts = parts
  }

  read(query?: LogQuery): readonly LogEntry<Frozen<unknown>>[] {
    this.#commit.assertOpen(`${this.#parts.name}.read`)
    return this.#parts.entries.read(planEntries(query))
  }

  count(query?: { readonly stream?: string }): number {
    this.#commit.assertOpen(`${this.#parts.name}.count`)
    return countEntries(this.#parts.entries, query)
  }

  append(value: unknown, options?: { readonly stream?: string }): number {
    const { name, kind, entries } = this.#parts
    if (!this.#commit.isOpen) this.#commit.assertOpen(`${name}.append`)
    checkOptions('append', options, appendRules)
    const stream = options?.stream ?? ''
    if (stream !== '') assertKeyText('stream', stream, { kind: name })
    const content = toStoredText(validate(kind.schema, value, name), name)
    this.#commit.addBytes(content.length)
    if (this.#changes === '') {
      this.#commit.noteKind(kind.durability)
      this.#commit.register({ collect: () => this.#changes, undo: () => this.#undo(), restamp: () => this.#restamp() })
    }
    const seq = entries.append(this.#commit, stream, content)
    this.#changes = joinChanges(this.#changes, encodeAppend(this.#parts, seq, stream, content))
    this.#appended.set(stream, (this.#appended.get(stream) ?? 0) + 1)
    for (const trim of entries.trim(stream)) {
      this.#hasTrimmed = true
      this.#changes = joinChanges(this.#changes, encodeTrim(this.#parts, trim.stream, trim.through))
    }
    return seq
  }

  #restamp(): void {
    const count = [...this.#appended.values()].reduce((sum, appended) => sum + appended, 0)
    this.#parts.entries.restamp(count, this.#commit)
  }

  #undo(): void {
    if (this.#hasTrimmed) this.#parts.entries.forget()
    else this.#parts.entries.undo(this.#appended)
  }
}
