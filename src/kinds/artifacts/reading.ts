/** Reading the bytes of artifacts, and asking whether they are there and whole (rule A3). */
import * as crypto from 'node:crypto'
import { Readable } from 'node:stream'
import { HoldfastError } from '../../base/error.ts'
import { misuse, outOfRange } from '../../base/misuse.ts'
import { checkOptions, integer, text } from '../../base/options.ts'
import type { Clock } from '../../base/clock.ts'
import type { Artifact } from '../../state/artifacts-kind.ts'
import { type ArtifactFiles, lengthOfFile, openFile } from './files.ts'

type FileHandle = NonNullable<Awaited<ReturnType<typeof openFile>>>

/** Which of the bytes: from 0, both inclusive, as in requests of HTTP; `end` may lie beyond the last. */
export interface ByteRange {
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** Only the bytes of this hash; others have taken their place by now: ARTIFACT_MISSING. */
  readonly hash?: string | undefined
}

/** What a check found. */
export type ArtifactState = 'whole' | 'missing' | 'corrupt'

/** How long the answer of `available` is taken for true, ms, and how many are kept. */
const rememberMs = 1000
const mostRemembered = 1000
const chunkBytes = 256 * 1024
const whatIsMissing = Object.freeze({ record: 'does not exist', version: 'has other bytes by now', file: 'has a record and no file' })
const rangeRules = { start: integer({ min: 0 }), end: integer({ min: 0 }), hash: text() }

export interface ReadingParts {
  readonly kind: string
  readonly files: ArtifactFiles
  readonly clock: Clock
  /** Begins a read and finds the record. */
  readonly find: (method: string, id: string) => Artifact | undefined
}

interface Remembered {
  readonly at: number
  readonly isThere: boolean
}

export class Reading {
  readonly #parts: ReadingParts
  readonly #remembered = new Map<string, Remembered>()

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  /** @throws as `ArtifactsReads.open` says */
  async open(id: string, range?: ByteRange): Promise<Readable> {
    checkOptions('open', range, rangeRules)
    const { artifact, handle } = await this.#openFile(id, range?.hash)
    try {
      const { size } = await handle.stat()
      if (size !== artifact.bytes) throw this.#corrupt(artifact, 'length')
      const { start = 0, end = artifact.bytes - 1 } = range ?? {}
      if (start > Math.max(0, artifact.bytes - 1)) throw outOfRange('start', `an integer below ${artifact.bytes}`, start)
      if (range?.end !== undefined && end < start) throw misuse('end', `an integer ≥ ${start}`, end)
      const last = Math.min(end, artifact.bytes - 1)
      const isWhole = start === 0 && last === artifact.bytes - 1
      const bytes = isWhole ? this.#verified(artifact, handle) : pieces(handle, start, last)
      // A stream that nobody read has not begun to read, so it would not end either.
      return Readable.from(bytes, { objectMode: false }).once('close', () => void handle.close())
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async check(id: string): Promise<ArtifactState | undefined> {
    const artifact = this.#parts.find('check', id)
    if (artifact === undefined) return undefined
    const handle = await openFile(this.#parts.files.pathOf(artifact.hash))
    if (handle === undefined) return this.#parts.find('check', id) === undefined ? undefined : 'missing'
    const hash = crypto.createHash('sha256')
    for await (const piece of pieces(handle, 0, Number.MAX_SAFE_INTEGER)) hash.update(piece)
    return hash.digest('hex') === artifact.hash ? 'whole' : 'corrupt'
  }

  async available(id: string): Promise<boolean> {
    const artifact = this.#parts.find('available', id)
    if (artifact === undefined) return false
    const { hash, bytes } = artifact
    const now = this.#parts.clock.elapsed()
    const known = this.#remembered.get(hash)
    if (known !== undefined && now - known.at < rememberMs) return known.isThere
    const isThere = (await lengthOfFile(this.#parts.files.pathOf(hash))) === bytes
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear()
    this.#remembered.set(hash, { at: now, isThere })
    return isThere
  }

  /** Something was put or deleted here. */
  forget(hash: string): void {
    this.#remembered.delete(hash)
  }

  /** An artifact whose bytes were replaced between the look at its record and the opening of its file is looked at again. */
  async #openFile(id: string, wanted: string | undefined): Promise<{ readonly artifact: Artifact; readonly handle: FileHandle }> {
    let hash = ''
    for (;;) {
      const artifact = this.#parts.find('open', id)
      if (artifact === undefined) throw this.#missing(id, 'record')
      if (wanted !== undefined && artifact.hash !== wanted) throw this.#missing(id, 'version')
      if (artifact.hash === hash) throw this.#missing(id, 'file')
      const handle = await openFile(this.#parts.files.pathOf(artifact.hash))
      if (handle !== undefined) return { artifact, handle }
      hash = artifact.hash
    }
  }

  /**
   * Ends in an error where the bytes turn out to be others. The last piece waits until that is known: who counts bytes, as HTTP does, would
   * take them for whole otherwise.
   */
  async *#verified(artifact: Artifact, handle: FileHandle): AsyncGenerator<Uint8Array, void, void> {
    const hash = crypto.createHash('sha256')
    let last: Uint8Array | undefined
    for await (const piece of pieces(handle, 0, artifact.bytes - 1)) {
      hash.update(piece)
      if (last !== undefined) yield last
      last = piece
    }
    if (hash.digest('hex') !== artifact.hash) throw this.#corrupt(artifact, 'hash')
    if (last !== undefined) yield last
  }

  #missing(id: string, reason: keyof typeof whatIsMissing): HoldfastError<'ARTIFACT_MISSING'> {
    const { kind } = this.#parts
    return new HoldfastError('ARTIFACT_MISSING', `${kind} ${JSON.stringify(id)} ${whatIsMissing[reason]}.`, { kind, id, reason })
  }

  #corrupt({ id, hash }: Artifact, reason: 'length' | 'hash'): HoldfastError<'ARTIFACT_CORRUPT'> {
    const { kind } = this.#parts
    const message = `The file of ${kind} ${JSON.stringify(id)} has another ${reason} than when it was put.`
    return new HoldfastError('ARTIFACT_CORRUPT', message, { kind, id, hash, reason })
  }
}

/** The bytes of a file, in pieces of their own; closes it at the end, and when the reader leaves. */
async function* pieces(handle: FileHandle, start: number, last: number): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (let at = start; at <= last;) {
      const room = Buffer.allocUnsafeSlow(Math.min(chunkBytes, last - at + 1))
      const { bytesRead } = await handle.read(room, 0, room.length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield room.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
