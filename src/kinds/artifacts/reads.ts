import type { Readable } from 'node:stream'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Artifact, ArtifactIndexes } from '../../state/artifacts-kind.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { Finder } from '../collection/finder.ts'
import { type CollectionReads, createCollectionReads } from '../collection/reads.ts'
import type { ByteSource } from './byte-source.ts'
import type { PutOptions } from './put-options.ts'
import type { ArtifactState, ByteRange, Reading } from './reading.ts'
import type { StagedArtifact } from './staged.ts'
import type { Swept } from './sweeper.ts'

/** What there is of artifacts besides their records. */
export interface ArtifactFileMethods {
  /**
   * The bytes, from 0; `start` and `end` inclusive. Read in full they are held against their hash, and the stream ends in an error where it
   * is another one.
   *
   * @throws HoldfastError ARTIFACT_MISSING · ARTIFACT_CORRUPT for a file of another length; RangeError for a range outside the bytes
   */
  open(id: string, range?: ByteRange): Promise<Readable>
  /** Reads all the bytes and says how they are; undefined when there is no such artifact. */
  check(id: string): Promise<ArtifactState | undefined>
  /** Whether there is a file of the right length; remembered for a second. */
  available(id: string): Promise<boolean>
  /** Deletes what crashes have left, as opening the store does; answers with what there was. @throws HoldfastError STORE_READ_ONLY, and as commits do */
  sweep(): Promise<Swept>
}

/** What `store.<artifacts>` offers. Reads of records are synchronous and see the newest commit, durable or not. */
export interface ArtifactsReads<Input, Output, Feed extends FeedMode = FeedMode>
  extends CollectionReads<Artifact<Output>, ArtifactIndexes, Feed>, ArtifactFileMethods {
  /**
   * Keeps bytes, and what is known of them. The bytes are on disk before the record is; both are when this resolves. Whatever happens on the way,
   * there is the artifact or nothing.
   *
   * A file whose bytes are there already is not kept twice. A stream is read to its end, and ended when the put fails.
   *
   * @param source bytes, a stream of bytes, or the path of a file
   * @returns rejects with what the source throws, the reason of `signal`, TypeError for what is no source, HoldfastError SCHEMA_REJECTED ·
   * VALUE_INVALID · KEY_MISSING · DISK_FULL · PERMISSION · STORE_IO · STORE_READ_ONLY · STORE_CLOSED, and as commits do
   */
  put(source: ByteSource, meta: Frozen<Input>, options?: PutOptions): Promise<Frozen<Artifact<Output>>>
  /** As `put`, but the record is left to a commit of the caller's: `tx.<artifacts>.attach(staged)`. */
  stage(source: ByteSource, meta: Frozen<Input>, options?: Omit<PutOptions, 'label' | 'actor'>): Promise<StagedArtifact>
}

/** Artifacts of a store, whatever they are about, for code that serves them. */
export type Artifacts = Pick<ArtifactsReads<unknown, unknown>, 'get' | 'open'>

export interface ArtifactMethods extends ArtifactFileMethods {
  readonly put: (source: ByteSource, meta: unknown, options?: PutOptions) => Promise<unknown>
  readonly stage: (source: ByteSource, meta: unknown, options?: PutOptions) => Promise<StagedArtifact>
}

export function createArtifactsReads(
  { records, finder, reading }: { readonly records: RecordSet; readonly finder: Finder; readonly reading: Reading },
  methods: Omit<ArtifactMethods, 'open' | 'check' | 'available'>,
  services: KindServices,
): object {
  return Object.freeze({
    ...createCollectionReads(records, finder, services),
    open: (id: string, range?: ByteRange) => reading.open(id, range),
    check: (id: string) => reading.check(id),
    available: (id: string) => reading.available(id),
    ...methods,
  })
}
