/**
 * The directory of a store and its database file, before any connection is open.
 *
 * The directory is 0700 and store.db 0600 from the first moment, whatever the umask; SQLite gives `-wal` and `-shm` the mode of
 * store.db. An existing store.db is only ever looked at with stat: closing a descriptor of it would drop SQLite's locks (D6).
 * The one that creates the file is closed before this returns, so before this thread can have a connection.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { HoldfastError } from '../base/error.ts'
import { readFileSystemType, unsafeFileSystem } from './file-system.ts'
import { errno, mapFileError } from './sqlite-error.ts'

export interface StoreFiles {
  /** Real path of the store's directory. */
  readonly directory: string
  readonly database: string
  readonly wal: string
  /** `dev:ino` of store.db, as of after it exists. */
  readonly identity: string
}

export interface PrepareOptions {
  /** Creates nothing and does not ask for the right to write. */
  readonly readOnly: boolean
  readonly allowUnsafeFilesystem: boolean
  /** Stands in for statfs(2): the magic number of the file system a directory is on. */
  readonly fileSystemType?: (directory: string) => number
}

const directoryMode = 0o700
const fileMode = 0o600
const writableByOthers = 0o022

/**
 * Creates what is missing and refuses what is not safe to keep a store in. Any number of processes may do this at once.
 *
 * @throws HoldfastError STORE_ABSENT (read-only) · DIRECTORY_INVALID · PERMISSION · UNSUPPORTED_FILESYSTEM · DISK_FULL · STORE_IO
 */
export function prepareDirectory(path: string, options: PrepareOptions): StoreFiles {
  const given = resolve(path)
  refuseUnsafeFileSystem(given, options)
  if (!options.readOnly) createDirectory(given)
  const directory = realDirectory(given)
  if (!options.readOnly) refuseForeignDirectory(directory)
  const database = join(directory, 'store.db')
  const wal = `${database}-wal`
  if (!options.readOnly) createDatabase(directory, database)
  const stats = inspectDatabase(directory, database, options)
  return { directory, database, wal, identity: `${stats.dev}:${stats.ino}` }
}

/** Makes a directory inside the store's, 0700 whatever the umask; one that is there stays as it is. */
export function createInnerDirectory(path: string): void {
  withFileErrors(path, () => {
    if (!mkdirUnlessThere(path)) return
    chmodSync(path, directoryMode)
    syncDirectory(dirname(path))
  })
}

/** Makes created, renamed and deleted names in `path` survive a loss of power. Windows cannot, and does it by itself. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  withFileErrors(path, () => {
    const descriptor = openSync(path, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Looks at the nearest directory that exists, so that a refusal leaves nothing behind. */
function refuseUnsafeFileSystem(given: string, options: PrepareOptions): void {
  if (options.allowUnsafeFilesystem) return
  const existing = nearestExisting(given)
  const type = withFileErrors(existing, () => (options.fileSystemType ?? readFileSystemType)(existing))
  const filesystem = unsafeFileSystem(type)
  if (filesystem === undefined) return
  throw new HoldfastError('UNSUPPORTED_FILESYSTEM', `${given} is on ${filesystem}, where SQLite's locks do not hold.`, {
    directory: given,
    filesystem,
  })
}

function nearestExisting(path: string): string {
  const parent = dirname(path)
  const isThere = withFileErrors(path, () => statSync(path, { throwIfNoEntry: false }) !== undefined)
  return isThere || parent === path ? path : nearestExisting(parent)
}

function createDirectory(given: string): void {
  const parent = dirname(given)
  withFileErrors(given, () => {
    const firstCreated = mkdirSync(parent, { recursive: true })
    if (!mkdirUnlessThere(given)) return
    chmodSync(given, directoryMode)
    syncNames(parent, firstCreated)
  })
}

/** Syncs `directory` and those above it up to the one that holds the name of `firstCreated`. */
function syncNames(directory: string, firstCreated: string | undefined): void {
  syncDirectory(directory)
  if (firstCreated === undefined) return
  const last = dirname(firstCreated)
  for (let path = directory; path !== last && path !== dirname(path); path = dirname(path)) syncDirectory(dirname(path))
}

function mkdirUnlessThere(path: string): boolean {
  try {
    mkdirSync(path, { mode: directoryMode })
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

function realDirectory(given: string): string {
  const stats = withFileErrors(given, () => statSync(given, { throwIfNoEntry: false }))
  if (stats === undefined) {
    const entry = withFileErrors(given, () => lstatSync(given, { throwIfNoEntry: false }))
    if (entry !== undefined) throw invalid(given, 'it is a link to nothing')
    throw absent(given)
  }
  if (!stats.isDirectory()) throw invalid(given, 'it is not a directory')
  return withFileErrors(given, () => realpathSync(given))
}

/** Who may write in the directory may replace the store's files under us. */
function refuseForeignDirectory(directory: string): void {
  const stats = statSync(directory)
  refuseForeignOwner(directory, stats)
  if (process.platform !== 'win32' && (stats.mode & writableByOthers) !== 0) {
    throw forbidden(directory, `its mode 0${(stats.mode & 0o7777).toString(8)} lets others write in it; chmod go-w ${directory}`)
  }
  withFileErrors(directory, () => accessSync(directory, constants.W_OK | constants.X_OK))
}

/** Also for root, who would leave files behind that the owner cannot write. */
function refuseForeignOwner(path: string, stats: Stats): void {
  const user = process.geteuid?.()
  if (user === undefined || stats.uid === user) return
  throw forbidden(path, `it belongs to uid ${stats.uid} and this process runs as uid ${user}; chown it, or run as its owner`)
}

function createDatabase(directory: string, database: string): void {
  withFileErrors(database, () => {
    const descriptor = openUnlessThere(database)
    if (descriptor === undefined) return
    try {
      fchmodSync(descriptor, fileMode)
    } finally {
      closeSync(descriptor)
    }
    syncDirectory(directory)
  })
}

function openUnlessThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, fileMode)
  } catch (error) {
    if (errno(error) === 'EEXIST') return undefined
    throw error
  }
}

/** A second name of the file would give it a second `-wal`, and two processes would not see each other. */
function inspectDatabase(directory: string, database: string, options: PrepareOptions): Stats {
  const stats = withFileErrors(database, () => lstatSync(database, { throwIfNoEntry: false }))
  if (stats === undefined) throw absent(directory)
  if (stats.isSymbolicLink()) throw invalid(directory, 'store.db is a symbolic link')
  if (!stats.isFile()) throw invalid(directory, 'store.db is not a regular file')
  if (stats.nlink > 1) throw invalid(directory, `store.db has ${stats.nlink} hard links`)
  if (!options.readOnly) {
    refuseForeignOwner(database, stats)
    refuseForeignSideFiles(database)
  }
  return stats
}

/** Left behind by a run under another user, typically sudo. */
function refuseForeignSideFiles(database: string): void {
  for (const path of [`${database}-wal`, `${database}-shm`]) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats !== undefined) refuseForeignOwner(path, stats)
  }
}

function withFileErrors<Result>(path: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw mapFileError(error, path)
  }
}

function absent(directory: string): HoldfastError {
  return new HoldfastError('STORE_ABSENT', `There is no store in ${directory}.`, { directory })
}

function invalid(directory: string, reason: string): HoldfastError {
  return new HoldfastError('DIRECTORY_INVALID', `${directory} cannot hold a store: ${reason}.`, { directory, reason })
}

function forbidden(path: string, reason: string): HoldfastError {
  return new HoldfastError('PERMISSION', `${path} cannot be used: ${reason}.`, { path, reason })
}
