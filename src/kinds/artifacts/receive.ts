/** Takes bytes in: from a source to a file, hashed on the way, and synced. */
import * as crypto from 'node:crypto'
import { mapFileError } from '../../sqlite/sqlite-error.ts'
import type { OpenSource } from './byte-source.ts'
import { createFile } from './files.ts'

/** How far a put has come. */
export interface PutProgress {
  /** Bytes written. */
  readonly bytes: number
  /** Of so many, where that is known. */
  readonly total: number | undefined
}

export interface ReceiveOptions {
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: PutProgress) => void) | undefined
}

/**
 * What is written stays on disk when this resolves. When it rejects, the file may be there in part.
 *
 * @throws whatever the source or `onProgress` throws, the signal's reason, HoldfastError DISK_FULL · PERMISSION · STORE_IO
 */
export async function receive(
  file: string,
  source: OpenSource,
  { signal, onProgress }: ReceiveOptions,
): Promise<{ readonly hash: string; readonly bytes: number }> {
  const hash = crypto.createHash('sha256')
  let bytes = 0
  const handle = await createFile(file)
  try {
    for (;;) {
      const chunk = await untilAborted(source.next(), signal)
      if (chunk === undefined) break
      // Hashed by this thread while another one writes.
      const writing = writeAll(handle, chunk)
      hash.update(chunk)
      await writing.catch((error: unknown) => Promise.reject(mapFileError(error, file)))
      bytes += chunk.length
      onProgress?.({ bytes, total: source.total })
    }
    await handle.sync().catch((error: unknown) => Promise.reject(mapFileError(error, file)))
  } finally {
    await handle.close()
  }
  return { hash: hash.digest('hex'), bytes }
}

async function writeAll(handle: Awaited<ReturnType<typeof createFile>>, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at)
    at += bytesWritten
  }
}

/** A source that never answers does not keep an abort from being heard. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    const done = (): void => signal.removeEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    void work.then(resolve, reject).finally(done)
  })
}
