/**
 * Which SQLite library has which file open in this thread, over all copies of this package.
 *
 * POSIX drops every lock a process holds on a file when any descriptor of it is closed. One SQLite library knows its own
 * descriptors and defers such closes; two libraries in one process do not know each other's, and commits are lost silently
 * (https://www.sqlite.org/howtocorrupt.html, 2.2.1). The registry lives on `globalThis` because two copies of this package
 * share nothing else; its shape (identity → library, file, count) is therefore fixed.
 */
import { statSync } from 'node:fs'
import { HoldfastError } from '../base/error.ts'

interface OpenFile {
  readonly library: string
  readonly file: string
  count: number
}

const registryKey: unique symbol = Symbol.for('holdfast.openFiles')

/**
 * Records that `library` is about to open the file `identity`; counted, so that one library may open it many times.
 *
 * @param identity `dev:ino` of the file
 * @returns releases this claim; a second call does nothing. Call it after the connection is closed.
 * @throws HoldfastError DUPLICATE_SQLITE_LIBRARY when another library has the file open
 */
export function claimFile(identity: string, library: string, file: string): () => void {
  const registry = openFiles()
  const entry = registry.get(identity) ?? { library, file, count: 0 }
  if (entry.library !== library) {
    throw new HoldfastError(
      'DUPLICATE_SQLITE_LIBRARY',
      `${entry.file} is open in this process through ${entry.library}; ${library} must not open it too.`,
      { file, open: entry.library, requested: library },
    )
  }
  entry.count += 1
  registry.set(identity, entry)
  let isReleased = false
  return () => {
    if (isReleased) return
    isReleased = true
    entry.count -= 1
    if (entry.count === 0) registry.delete(identity)
  }
}

/** Whether a file is one that a library has open in this thread: a database, its log or its shared memory. */
export function isOpenDatabase(file: string): boolean {
  const identity = identityOf(file)
  return [...openFiles()].some(
    ([database, open]) => identity === database || ['-wal', '-shm'].some((suffix) => identity === identityOf(open.file + suffix)),
  )
}

/** Of what a path leads to; of nothing a different one each time, so that it equals no other. */
function identityOf(file: string): unknown {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? Symbol('nothing') : `${stats.dev}:${stats.ino}`
}

function openFiles(): Map<string, OpenFile> {
  const shared = globalThis as { [registryKey]?: Map<string, OpenFile> }
  return (shared[registryKey] ??= new Map())
}
