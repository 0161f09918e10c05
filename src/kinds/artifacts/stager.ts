/** Brings bytes to their place on disk, for a record that follows (rule A1). */
import type { KindServices } from '../../engine/kind-runtime.ts'
import { HoldfastError } from '../../base/error.ts'
import type { Artifact, ArtifactsKind } from '../../state/artifacts-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { toStored } from '../../state/value.ts'
import { type ByteSource, openSource } from './byte-source.ts'
import type { Claim } from './claim.ts'
import type { Collector } from './collector.ts'
import { type ArtifactFiles, randomName, removeFile } from './files.ts'
import { checkPutOptions, type PutOptions } from './put-options.ts'
import { receive } from './receive.ts'
import { StagedArtifact, type StagedFacts } from './staged.ts'

export interface StagerParts {
  readonly name: string
  readonly kind: ArtifactsKind
  readonly files: ArtifactFiles
  readonly claim: Claim
  readonly collector: Collector
  readonly services: KindServices
  /** The record as it is now; call outside a commit, in a read. */
  readonly find: (id: string) => Artifact | undefined
}

export class Stager {
  readonly #parts: StagerParts
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #staged = new Set<StagedArtifact>()

  constructor(parts: StagerParts) {
    this.#parts = parts
  }

  /** @throws HoldfastError and TypeError as `put` says */
  async stage(source: ByteSource, meta: unknown, options: PutOptions = {}): Promise<StagedArtifact> {
    const checked = this.#check(meta, options)
    return this.#track(this.#stage(source, checked, options))
  }

  /** A commit is about to record it: once it has, there is nothing more to keep it for. Call inside that commit. */
  noteAttached(staged: StagedArtifact): void {
    setImmediate(() => {
      try {
        const facts = StagedArtifact.reveal(staged, this.#parts.files)?.facts
        if (facts === undefined || !this.#staged.has(staged) || !this.#isRecorded(facts)) return
        staged.discard().catch((error: unknown) => this.report(error))
      } catch (error) {
        this.report(error)
      }
    })
  }

  /** A temporary file stayed behind, which nobody has to wait for. */
  report(error: unknown): void {
    const message = 'A temporary file of an artifact could not be deleted; it is done when the store is opened next.'
    this.#parts.services.report({ type: 'background-failed', message, error })
  }

  /** Ends what is coming in, and gives up what nobody has recorded. */
  async stop(): Promise<void> {
    this.#closing.abort(new HoldfastError('STORE_CLOSED', 'The store was closed while an artifact was put.', { method: 'put' }))
    await Promise.all(this.#underWay)
    const { name, services } = this.#parts
    // Commits that are queued may record what is staged.
    if (this.#staged.size > 0) await services.commit(name, () => undefined).catch(() => undefined)
    for (const staged of this.#staged) await staged.discard()
    await Promise.all(this.#underWay)
  }

  /** What is refused before a byte is read. */
  #check(meta: unknown, options: PutOptions): unknown {
    const { name, kind, services, find } = this.#parts
    services.beginRead('put')
    checkPutOptions(name, options)
    const { data } = toStored(validate(kind.meta, meta, name), name)
    if (services.readOnly) throw new HoldfastError('STORE_READ_ONLY', `"${name}" was to be changed.`, { method: 'put' })
    this.#closing.signal.throwIfAborted()
    options.signal?.throwIfAborted()
    const { replace } = options
    if (replace === undefined || find(replace) !== undefined) return data
    throw new HoldfastError('KEY_MISSING', `${name} ${JSON.stringify(replace)} does not exist.`, { kind: name, key: replace })
  }

  async #stage(given: ByteSource, meta: unknown, options: PutOptions): Promise<StagedArtifact> {
    const { files, claim, collector } = this.#parts
    const source = await openSource(given)
    const signal = options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal])
    let part = ''
    let hash = ''
    try {
      part = files.partOf(await claim.take())
      const received = await receive(part, source, { signal, onProgress: options.onProgress })
      hash = received.hash
      await files.place(part, hash)
      return this.#keep(part, factsOf({ ...received, meta }, options), options.replace !== undefined)
    } catch (error) {
      source.cancel(error instanceof Error ? error : new Error(String(error)))
      if (part !== '') await removeFile(part).catch(() => undefined)
      if (hash !== '') collector.note(hash)
      throw error
    }
  }

  #keep(part: string, facts: StagedFacts, isReplacement: boolean): StagedArtifact {
    const discard = (): Promise<void> => this.#track(this.#discard(staged, part, facts))
    const staged = new StagedArtifact(facts, { part, isReplacement, owner: this.#parts.files }, discard)
    this.#staged.add(staged)
    return staged
  }

  /** Looks at the record only when the part is gone: until then nobody else has taken the file away, though they deleted the record. */
  async #discard(staged: StagedArtifact, part: string, facts: StagedFacts): Promise<void> {
    const { collector } = this.#parts
    this.#staged.delete(staged)
    await removeFile(part)
    if (this.#isRecorded(facts)) return
    collector.note(facts.hash)
    await collector.idle()
  }

  /** Closing waits for it. */
  async #track<Value>(work: Promise<Value>): Promise<Value> {
    const settled = work.catch(() => undefined)
    this.#underWay.add(settled)
    try {
      return await work
    } finally {
      this.#underWay.delete(settled)
    }
  }

  #isRecorded({ id, hash }: StagedFacts): boolean {
    this.#parts.services.beginRead('discard')
    return this.#parts.find(id)?.hash === hash
  }
}

function factsOf(
  { hash, bytes, meta }: { readonly hash: string; readonly bytes: number; readonly meta: unknown },
  { name, type, job, record, replace }: PutOptions,
): StagedFacts {
  const given = Object.entries({ name, type, job, record }).filter(([, fact]) => fact !== undefined)
  return Object.freeze({
    id: replace ?? randomId(),
    hash,
    bytes,
    meta,
    ...(Object.fromEntries(given) as Pick<PutOptions, 'name'>),
  } as StagedFacts)
}

/** 128 random bits: nobody guesses what it is served by. */
function randomId(): string {
  return Buffer.from(randomName(), 'hex').toString('base64url')
}
