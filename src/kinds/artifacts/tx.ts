import { misuse } from '../../base/misuse.ts'
import { anything, checkOptions, orNull, text } from '../../base/options.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { Expectation } from '../../engine/records/record-set.ts'
import type { Artifact, ArtifactIndexes, ArtifactsKind } from '../../state/artifacts-kind.ts'
import type { Frozen } from '../../state/frozen.ts'
import { validate } from '../../state/standard-schema.ts'
import { assertKeyText, toStored } from '../../state/value.ts'
import type { CollectionLookups } from '../collection/reads.ts'
import { RecordsTx, type RecordsTxParts } from '../collection/records-tx.ts'
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

export interface ArtifactsTxParts extends RecordsTxParts {
  readonly kind: ArtifactsKind
  readonly files: ArtifactFiles
  readonly collector: Collector
  readonly reading: Reading
  readonly stager: Stager
}

const changeRules = { meta: anything(), name: orNull(text()), type: text(), job: orNull(text()), record: orNull(text()) }

export class ArtifactsTxImpl extends RecordsTx {
  readonly #commit: CommitContext
  readonly #parts: ArtifactsTxParts

  constructor(commit: CommitContext, parts: ArtifactsTxParts) {
    super(commit, parts)
    this.#commit = commit
    this.#parts = parts
  }

  attach(staged: StagedArtifact): unknown {
    RecordsTx.assertOpen(this, 'attach')
    const { files, stager, collector, reading } = this.#parts
    const revealed = StagedArtifact.reveal(staged, files)
    if (revealed === undefined) throw misuse('staged', 'what stage() of this kind resolved to, and not discarded', staged)
    const { facts, file } = revealed
    const before = this.#parts.records.get(facts.id) as Artifact | undefined
    if (file.isReplacement && before === undefined) throw RecordsTx.missing(this, facts.id)
    this.#assertPlaced(facts, file)
    this.#write(recordOf(facts, before, this.#commit.at))
    stager.noteAttached(staged)
    reading.forget(facts.hash)
    if (before !== undefined && before.hash !== facts.hash) collector.note(before.hash)
    return this.#parts.records.get(facts.id)
  }

  update(id: string, changes: ArtifactChanges<unknown>, options?: Expectation): void {
    RecordsTx.assertOpen(this, 'update')
    assertKeyText('id', id, { kind: this.#parts.records.name })
    checkOptions('update', changes, changeRules)
    RecordsTx.expect(this, id, options)
    const before = this.#parts.records.get(id) as Artifact | undefined
    if (before === undefined) throw RecordsTx.missing(this, id)
    const { name: kindName } = this.#parts.records
    const { meta, ...facts } = { ...changes }
    const next = merge(before, facts)
    checkFacts(kindName, next)
    const checked = meta === undefined ? next.meta : toStored(validate(this.#parts.kind.meta, meta, kindName), kindName).data
    RecordsTx.assertOpen(this, 'update')
    this.#write({ ...next, meta: checked })
  }

  delete(id: string, options?: Expectation): boolean {
    RecordsTx.assertOpen(this, 'delete')
    if (typeof id !== 'string') assertKeyText('id', id)
    RecordsTx.expect(this, id, options)
    const { records, collector } = this.#parts
    const before = records.get(id) as Artifact | undefined
    if (!records.remove(RecordsTx.begin(this), id)) return false
    if (before !== undefined) collector.note(before.hash)
    return true
  }

  /** The file is there, whole as far as its length tells, and stays: whoever would take it away waits for this commit. */
  #assertPlaced({ hash, bytes }: StagedFacts, { part }: StagedFile): void {
    if (this.#parts.files.lengthOf(hash) !== bytes) this.#parts.files.placeAgain(part, hash)
  }

  #write(record: Artifact): void {
    const { records } = this.#parts
    records.write(RecordsTx.begin(this), record.id, toStored(record, records.name))
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
