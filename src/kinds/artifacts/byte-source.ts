/** Where the bytes of an artifact come from. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { misuse } from '../../base/misuse.ts'
import { isOpenDatabase } from '../../sqlite/open-files.ts'
import { errno, mapFileError } from '../../sqlite/sqlite-error.ts'

/** Bytes, a stream of bytes of Node or of the web, or the path of a file. */
export type ByteSource = Uint8Array | Readable | ReadableStream<Uint8Array> | string

/** A source that is being read. */
export interface OpenSource {
  /** How many bytes there are, where that is known before. */
  readonly total: number | undefined
  /** The next bytes, which stay as they are until the next call; undefined at the end. @throws whatever the source throws */
  next(): Promise<Uint8Array | undefined>
  /** Tells the source that no more is wanted; a second call does nothing. */
  cancel(reason: Error): void
}

/** How many bytes are read and written at once, where that is up to us. */
const chunkBytes = 1024 * 1024
const expected = 'bytes, a stream of bytes, or the path of a readable file'
/** Names of files that only SQLite may open: closing another descriptor of one drops the locks of this process (rule D6). */
const databaseNames: ReadonlySet<string> = new Set(['store.db', 'store.db-wal', 'store.db-shm'])

/** @throws TypeError for anything else, a path without a regular file, and the database of a store */
export async function openSource(source: ByteSource): Promise<OpenSource> {
  if (source instanceof Uint8Array) return fromBytes(source)
  if (source instanceof Readable) return fromReadable(source)
  if (source instanceof ReadableStream) return fromWeb(source)
  if (typeof source === 'string' && source !== '') return fromPath(source)
  throw misuse('source', expected, source)
}

/** Copies piece by piece: whoever changes the bytes meanwhile must not make the hash another than that of what is written. */
function fromBytes(bytes: Uint8Array): OpenSource {
  let at = 0
  return {
    total: bytes.length,
    async next() {
      if (at >= bytes.length) return undefined
      const piece = bytes.slice(at, at + chunkBytes)
      at += piece.length
      return piece
    },
    cancel: () => undefined,
  }
}

function fromReadable(stream: Readable): OpenSource {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<unknown>
  return {
    total: undefined,
    async next() {
      const { done, value } = await iterator.next()
      return done === true ? undefined : asBytes(value)
    },
    cancel(reason) {
      // The error is the caller's already; without a listener it would be the process's.
      stream.on('error', () => undefined)
      stream.destroy(reason)
    },
  }
}

/** @throws TypeError when it is locked: somebody else reads it */
function fromWeb(stream: ReadableStream<Uint8Array>): OpenSource {
  if (stream.locked) throw misuse('source', 'a stream that nobody else reads', stream)
  const reader = stream.getReader()
  return {
    total: undefined,
    async next() {
      const { done, value } = await reader.read()
      return done ? undefined : asBytes(value)
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => undefined),
  }
}

/** Reads ahead: while one piece is written the next is read, into the other of two buffers. */
async function fromPath(given: string): Promise<OpenSource> {
  const file = await realFile(given)
  const handle = await fs.promises.open(file.path, 'r').catch((error: unknown) => Promise.reject(mapFileError(error, given)))
  const room = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)] as const
  let turn = 0
  const read = async (): Promise<Uint8Array> => {
    turn = 1 - turn
    const buffer = room[turn] as Buffer
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes)
    return buffer.subarray(0, bytesRead)
  }
  let ahead = read()
  const end = async (): Promise<void> => {
    await ahead.catch(() => undefined)
    await handle.close()
  }
  return {
    total: file.size,
    async next() {
      const piece = await ahead.catch((error: unknown) => Promise.reject(mapFileError(error, given)))
      if (piece.length > 0) {
        ahead = read()
        ahead.catch(() => undefined)
        return piece
      }
      await end()
      return undefined
    },
    cancel: () => void end().catch(() => undefined),
  }
}

async function realFile(given: string): Promise<{ readonly path: string; readonly size: number }> {
  try {
    const file = await fs.promises.realpath(given)
    const stats = await fs.promises.stat(file)
    if (!stats.isFile()) throw misuse('source', 'the path of a regular file', given)
    if (databaseNames.has(path.basename(file)) || isOpenDatabase(file)) throw misuse('source', 'no file of a database that is open', given)
    return { path: file, size: stats.size }
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP') throw misuse('source', expected, given)
    // A path with NUL.
    if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE')
      throw misuse('source', expected, given)
    throw mapFileError(error, given)
  }
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw misuse('source', 'a stream of Uint8Array', chunk)
}
