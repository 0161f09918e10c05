import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { HoldfastError } from '../../base/error.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import type { Artifact, ArtifactsKind } from '../../state/artifacts-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { assertKeyText } from '../../state/value.ts'
import { IndexedRuntime } from '../collection/indexed-runtime.ts'
import type { ByteSource } from './byte-source.ts'
import { Claim } from './claim.ts'
import { Collector } from './collector.ts'
import { ArtifactFiles, randomName } from './files.ts'
import type { PutOptions } from './put-options.ts'
import { Reading } from './reading.ts'
import { createArtifactsReads } from './reads.ts'
import { References } from './references.ts'
import { Stager } from './stager.ts'
import { Sweeper, type Swept } from './sweeper.ts'
import { ArtifactsTxImpl, type ArtifactsTxParts } from './tx.ts'

/** Artifacts at work: records as of a collection, and the files they name. */
export class ArtifactsRuntime extends IndexedRuntime {
  readonly reads: object
  readonly #services: KindServices
  readonly #kind: ArtifactsKind
  readonly #references = new References()
  readonly #claim: Claim
  readonly #stager: Stager
  readonly #sweeper: Sweeper
  readonly #parts: ArtifactsTxParts

  constructor(id: number, name: string, kind: ArtifactsKind, services: KindServices) {
    super({ id, name, feed: kind.feed, services })
    this.#kind = kind
    this.#services = services
    const { records, finder } = this
    // A store in memory keeps its files until it is closed.
    const files = new ArtifactFiles(
      services.directory === undefined ? path.join(tmpdir(), `holdfast-${randomName()}`) : path.join(services.directory, 'artifacts'),
    )
    this.#claim = new Claim(files)
    const shared = { kind: name, files, claim: this.#claim, references: this.#references, services }
    const collector = new Collector(shared)
    const find = (key: string): Artifact | undefined => records.get(key) as Artifact | undefined
    this.#stager = new Stager({ ...shared, name, kind, collector, find })
    this.#sweeper = new Sweeper({ ...shared, collector })
    const reading = new Reading({ kind: name, files, clock: services.clock, find: (method, key) => this.#find(method, key) })
    this.#parts = { records, finder, kind, files, collector, reading, stager: this.#stager }
    this.reads = createArtifactsReads({ records, finder, reading }, this.#methods(), services)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.attachRecords(connection, stored, this.#kind)
    this.#references.attach(connection)
  }

  createTx(commit: CommitContext): object {
    return new ArtifactsTxImpl(commit, this.#parts)
  }

  start(): void {
    if (this.#services.directory === undefined) return
    this.#sweeper.run().catch((error: unknown) => {
      const message = 'Deleting what crashes left of artifacts failed; it is done when the store is opened next.'
      this.#services.report({ type: 'background-failed', message, error })
    })
  }

  async stop(): Promise<void> {
    await this.#sweeper.stop()
    await this.#stager.stop()
    await this.#parts.collector.stop()
    await this.#claim.release()
    if (this.#services.directory === undefined) await this.#parts.files.removeAll()
  }

  #methods(): Parameters<typeof createArtifactsReads>[1] {
    return {
      put: (source, meta, options) => this.#put(source, meta, options),
      stage: (source, meta, options) => this.#stager.stage(source, meta, options),
      sweep: () => this.#sweep(),
    }
  }

  async #put(source: ByteSource, meta: unknown, options?: PutOptions): Promise<unknown> {
    const staged = await this.#stager.stage(source, meta, options)
    try {
      const record = (tx: ArtifactsTxImpl): unknown => tx.attach(staged)
      const { label, actor } = options ?? {}
      return (await this.#services.commit(this.name, record, { durability: 'power', label, actor })).value
    } catch (error) {
      // Also where the record was seen for a moment, and then lost with its transaction.
      this.#parts.collector.note(staged.hash)
      throw error
    } finally {
      await staged.discard().catch((error: unknown) => this.#stager.report(error))
    }
  }

  async #sweep(): Promise<Swept> {
    this.#services.beginRead('sweep')
    if (this.#services.readOnly)
      throw new HoldfastError('STORE_READ_ONLY', `The files of "${this.name}" were to be swept.`, { method: 'sweep' })
    return this.#sweeper.run()
  }

  #find(method: string, id: string): Artifact | undefined {
    this.#services.beginRead(method)
    if (typeof id !== 'string') assertKeyText('id', id)
    return this.#parts.records.get(id) as Artifact | undefined
  }
}
