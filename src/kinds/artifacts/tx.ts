import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions, orNull, text } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { Expectation, RecordSet } from '../../engine/records/record-set.ts'
import type { Artifact, ArtifactIndexes, ArtifactsKind } from '../../state/artifacts-kind.ts'
import type { Entry } from '../../state/entry.ts'
import { expectationRules } from '../../state/expectation.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { Page, Query } from '../../state/query.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { Finder } from '../collection/finder.ts'
import type { CollectionLookups } from '../collection/reads.ts'
import type { Collector } from './collector.ts'
import type { ArtifactFiles } from './files.ts'
import { checkFacts } from './put-options.ts'
import type { Reading } from './reading.ts'
import { StagedArtifact, type StagedFacts, type StagedFile } from './staged.ts'
import type { Stager } from './stager.ts'

/** What of an artifact can be changed without its bytes; what is not given stays, `null` takes it away. */
export interface ArtifactChanges<Input> {
  readonly meta?: Frozen<Input> | undefined
  readonly name?: string | null | undefined
  readonly type?: string | undefined
  readonly job?: string | null | undefined
  readonly record?: string | null | undefined
}

/** What `tx.<artifacts>` offers inside a commit; its reads see the commit's own writes. */
export interface ArtifactsTx<Input, Output> extends CollectionLookups<Artifact<Output>, ArtifactIndexes> {
  /** Records bytes that were staged. @throws HoldfastError KEY_MISSING for one that was to be replaced and is gone · STORE_IO */
  attach(staged: StagedArtifact): Frozen<Artifact<Output>>
  /** Changes what is known of an artifact, and what it belongs to. @throws HoldfastError KEY_MISSING · SCHEMA_REJECTED · VALUE_INVALID · REVISION_CONFLICT */
  update(id: string, changes: ArtifactChanges<Input>, options?: Expectation): void
  /** Deletes the record; the file goes once that is durable and no other record names it. False when there is none. @throws HoldfastError REVISION_CONFLICT */
  delete(id: string, options?: Expectation): boolean
}

export interface ArtifactsTxParts {
  readonly records: RecordSet
  readonly finder: Finder
  readonly kind: ArtifactsKind
  readonly files: ArtifactFiles
  readonly collector: Collector
  readonly reading: Reading
  readonly stager: Stager
}

const changeRules = { meta: anything(), name: orNull(text()), type: text(), job: orNull(text()), record: orNull(text()) }

export class ArtifactsTxImpl {
  readonly #commit: CommitContext
  readonly #parts: ArtifactsTxParts
  #draft: RecordDraft | undefined

  constructor(commit: CommitContext, parts: ArtifactsTxParts) {
    this.#commit = commit
    this.#parts = parts
  }

  get(id: string): unknown {
    this.#assertOpen('get')
    if (typeof id !== 'string') assertKeyText('id', id)
    return this.#parts.records.get(id)
  }

  entry(id: string): Entry | undefined {
    this.#assertOpen('entry')
    if (typeof id !== 'string') assertKeyText('id', id)
    return this.#parts.records.entry(id)
  }

  find(query: Query = {}): Page<unknown> {
    this.#assertOpen('find')
    return this.#parts.finder.find(query)
  }

  count(query?: Query): number {
    this.#assertOpen('count')
    return query === undefined ? this.#parts.records.count() : this.#parts.finder.count(query)
  }

  attach(staged: StagedArtifact): unknown {
    this.#assertOpen('attach')
    const { files, stager, collector, reading } = this.#parts
    const revealed = StagedArtifact.reveal(staged, files)
    if (revealed === undefined) throw misuse('staged', 'what stage() of this kind resolved to, and not discarded', staged)
    const { facts, file } = revealed
    const before = this.#parts.records.get(facts.id) as Artifact | undefined
    if (file.isReplacement && before === undefined) throw this.#missing(facts.id)
    this.#assertPlaced(facts, file)
    this.#write(recordOf(facts, before, this.#commit.at))
    stager.noteAttached(staged)
    reading.forget(facts.hash)
    if (before !== undefined && before.hash !== facts.hash) collector.note(before.hash)
    return this.#parts.records.get(facts.id)
  }

  update(id: string, changes: ArtifactChanges<unknown>, options?: Expectation): void {
    this.#assertOpen('update')
    assertKeyText('id', id, { kind: this.#parts.records.name })
    checkOptions('update', changes, changeRules)
    this.#expect(id, options)
    const before = this.#parts.records.get(id) as Artifact | undefined
    if (before === undefined) throw this.#missing(id)
    const { name: kindName } = this.#parts.records
    const { meta, ...facts } = { ...changes }
    const next = merge(before, facts)
    checkFacts(kindName, next)
    const checked = meta === undefined ? next.meta : toStored(validate(this.#parts.kind.meta, meta, kindName), kindName).data
    this.#assertOpen('update')
    this.#write({ ...next, meta: checked })
  }

  delete(id: string, options?: Expectation): boolean {
    this.#assertOpen('delete')
    if (typeof id !== 'string') assertKeyText('id', id)
    this.#expect(id, options)
    const { records, collector } = this.#parts
    const before = records.get(id) as Artifact | undefined
    if (!records.remove(this.#begin(), id)) return false
    if (before !== undefined) collector.note(before.hash)
    return true
  }

  /** The file is there, whole as far as its length tells, and stays: whoever would take it away waits for this commit. */
  #assertPlaced({ hash, bytes }: StagedFacts, { part }: StagedFile): void {
    if (this.#parts.files.lengthOf(hash) !== bytes) this.#parts.files.placeAgain(part, hash)
  }

  #write(record: Artifact): void {
    const { records } = this.#parts
    records.write(this.#begin(), record.id, toStored(record, records.name))
  }

  #missing(key: string): HoldfastError<'KEY_MISSING'> {
    const kind = this.#parts.records.name
    return new HoldfastError('KEY_MISSING', `${kind} ${JSON.stringify(key)} does not exist.`, { kind, key })
  }

  #expect(id: string, options: Expectation | undefined): void {
    if (options === undefined) return
    checkOptions('write', options, expectationRules)
    this.#parts.records.expect(id, options)
  }

  #begin(): RecordDraft {
    if (this.#draft === undefined) {
      this.#commit.noteKind(this.#parts.kind.durability)
      this.#draft = this.#parts.records.draft(this.#commit)
    }
    return this.#draft
  }

  #assertOpen(method: string): void {
    if (!this.#commit.isOpen) this.#commit.assertOpen(`${this.#parts.records.name}.${method}`)
  }
}

/** The version counts bytes: the same ones put again are the same version. What of the rest was not given stays. */
function recordOf(facts: StagedFacts, before: Artifact | undefined, at: number): Artifact {
  const version = before === undefined ? 1 : before.version + (before.hash === facts.hash ? 0 : 1)
  const createdAt = before?.createdAt ?? at
  return inOrder({ type: 'application/octet-stream', ...before, ...facts, version, createdAt })
}

type Facts = { readonly [Fact in 'name' | 'type' | 'job' | 'record']?: string | null | undefined }

function merge(before: Artifact, changes: Facts): Artifact {
  const { name, type, job, record } = before
  const now: { [fact: string]: string | undefined } = { name, type, job, record }
  for (const [fact, change] of Object.entries(changes)) if (change !== undefined) now[fact] = change ?? undefined
  return inOrder({ ...before, ...now })
}

type LooseArtifact = { readonly [Fact in keyof Artifact]?: Artifact[Fact] | undefined }

/** One order of properties, so that equal records are equal texts; what is undefined is left out when it is stored. */
function inOrder({ id, hash, bytes, name, type, meta, version, createdAt, job, record }: LooseArtifact): Artifact {
  return { id, hash, bytes, name, type, meta, version, createdAt, job, record } as Artifact
}
