/**
 * Proof of life: a lock that a process holds on a file of its own for as long as it lives.
 *
 * The file is an empty SQLite database, the lock an exclusive transaction on it in which nothing is ever written. The kernel takes the lock away
 * with the process, however that ends, and at no other time: not while it is stopped, not when its id is given to another process, and not for being in
 * another pid namespace. A child does not inherit it. Whoever gets to read the file has proven that its holder is dead.
 *
 * A prober only asks for the right to read, which any number of probers share, so two of them never take each other for the holder.
 *
 *   hold:   create (O_EXCL) ─▶ lock ─▶ still there? ─▶ held          refused, or gone: a prober came between, and another name is taken
 *   probe:  read lock refused ─▶ held · granted ─▶ free; who deletes the file does it while it has the read lock
 *
 * A name is used once. Files are opened by `node:sqlite` alone, whatever driver a store has, because two libraries would take each other's locks away.
 */
import * as fs from 'node:fs'
import type { Connection, Driver } from './driver.ts'
import { errno, isBusy, mapFileError } from './sqlite-error.ts'

const onlyOwner = 0o600

/** A lock that is held. */
export interface LifeLock {
  readonly file: string
  /** Deletes the file and lets go; a second call does nothing. */
  release(): void
}

/** What a probe found. `unknown`: the file cannot be asked, such as one of another user's; it may be held. */
export type Life = 'held' | 'free' | 'absent' | 'unknown'

/**
 * Makes the file and takes the lock. Never waits.
 *
 * @param file must not exist
 * @returns undefined when a prober came between; take another name
 * @throws HoldfastError PERMISSION · DISK_FULL · DIRECTORY_INVALID · STORE_IO
 */
export function holdLifeLock(driver: Driver, file: string): LifeLock | undefined {
  create(file)
  let connection: Connection | undefined
  try {
    connection = driver.open({ file })
    // A journal in memory: one on disk would be a second file to leave behind.
    connection.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    if (isThere(file)) return createLock(connection, file)
    connection.close()
    return undefined
  } catch (error) {
    connection?.close()
    if (!isThere(file)) return undefined
    fs.rmSync(file, { force: true })
    if (isBusy(error)) return undefined
    throw error
  }
}

/**
 * Whether the holder of a lock lives.
 *
 * @param whenFree called while nobody can take the lock (on Windows, where an open file cannot be deleted, right after)
 */
export function probeLife(driver: Driver, file: string, whenFree: () => unknown = () => undefined): Life {
  const stats = fs.lstatSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return 'absent'
  if (!stats.isFile()) return 'unknown'
  let connection: Connection | undefined
  try {
    connection = driver.open({ file, readOnly: true })
    connection.exec('BEGIN; SELECT count(*) FROM sqlite_master')
    if (process.platform !== 'win32') whenFree()
  } catch (error) {
    if (isBusy(error)) return 'held'
    return isThere(file) ? 'unknown' : 'absent'
  } finally {
    connection?.close()
  }
  if (process.platform === 'win32') whenFree()
  return 'free'
}

function isThere(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

function create(file: string): void {
  try {
    const descriptor = fs.openSync(file, 'wx', onlyOwner)
    try {
      fs.fchmodSync(descriptor, onlyOwner)
    } finally {
      // Before there is a connection: closing a descriptor later would drop the lock (rule D6).
      fs.closeSync(descriptor)
    }
  } catch (error) {
    throw mapFileError(error, file)
  }
}

function createLock(connection: Connection, file: string): LifeLock {
  const remove = (): void => {
    try {
      fs.unlinkSync(file)
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw mapFileError(error, file)
    }
  }
  return {
    file,
    release() {
      if (!connection.isOpen) return
      try {
        if (process.platform !== 'win32') remove()
      } finally {
        connection.close()
      }
      if (process.platform === 'win32') remove()
    },
  }
}
