/**
 * The one place where errors of SQLite libraries and of the file system become Holdfast's.
 *
 * `node:sqlite` gives an Error with code ERR_SQLITE_ERROR and a numeric `errcode`; `better-sqlite3` one whose code is the extended
 * name. Both are judged by the extended name, which every mapped error carries in its message and, where its code has one, in
 * `details.reason`. What no user can cause (bad SQL, a constraint nobody declared) stays a plain Error: it is a bug of ours.
 */
import { accessSync, constants, type Stats, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import { resultCodeName } from './result-codes.ts'

/** Below this much free space a failed write to the `-shm` file is a full disk, whatever SQLite calls it. */
const fullDiskBytes = 64 * 1024

/** The extended result code's name (`SQLITE_BUSY_SNAPSHOT`) of a driver's error, or of the one a mapped error was made from. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') return resultCodeName(errcode)
  if (typeof code === 'string' && code.startsWith('SQLITE_') && error.name === 'SqliteError') return code
  return sqliteCode(error.cause)
}

/** True when another connection held the lock; nothing was applied and the same statement may succeed later. */
export function isBusy(error: unknown): boolean {
  const name = sqliteCode(error)
  return name !== undefined && (hasPrimary(name, 'BUSY') || name === 'SQLITE_PROTOCOL')
}

/** True when a UNIQUE or PRIMARY KEY constraint refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  const name = sqliteCode(error)
  return name === 'SQLITE_CONSTRAINT_UNIQUE' || name === 'SQLITE_CONSTRAINT_PRIMARYKEY' || name === 'SQLITE_CONSTRAINT_ROWID'
}

/**
 * Makes what a driver threw while working on `file` into what Holdfast throws; the original is the `cause`.
 *
 * Already mapped errors and misuse (TypeError, RangeError of ours) come back as they are.
 */
export function mapSqliteError(error: unknown, file: string): Error {
  if (isHoldfastError(error)) return error
  const name = sqliteCode(error)
  if (name !== undefined) return mapResultCode(name, error as Error, file)
  if (isUseAfterClose(error)) {
    return new HoldfastError('STORE_CLOSED', `The connection to ${file} is closed.`, { method: 'statement' }, { cause: error })
  }
  if (error instanceof TypeError && error.message.includes('directory does not exist')) return unopenable('SQLITE_CANTOPEN', error, file)
  return error instanceof Error ? error : new Error(`Expected ${file} to fail with an Error, got ${String(error)}`, { cause: error })
}

function mapResultCode(name: string, cause: Error, file: string): Error {
  const options = { cause }
  const what = `${name}, ${cause.message}`
  if (isBusy(cause)) return new HoldfastError('STORE_BUSY', `${file} is locked (${what}).`, { waitedMs: 0 }, options)
  if (hasPrimary(name, 'FULL') || isDiskFull(name, file)) {
    return new HoldfastError('DISK_FULL', `No space left for ${file} (${what}).`, { file }, options)
  }
  if (name === 'SQLITE_NOTADB' || name === 'SQLITE_IOERR_DATA' || hasPrimary(name, 'CORRUPT')) {
    return new HoldfastError('STORE_CORRUPT', `${file} is damaged (${what}).`, { file, reason: name }, options)
  }
  if (hasPrimary(name, 'READONLY')) return unwritable(name, cause, file)
  if (hasPrimary(name, 'CANTOPEN') || name === 'SQLITE_PERM') return unopenable(name, cause, file)
  if (name === 'SQLITE_NOLFS' || (hasPrimary(name, 'IOERR') && name !== 'SQLITE_IOERR_NOMEM')) return inputOutput(name, cause, file)
  return new Error(`SQLite refused a statement on ${file}: ${what}`, options)
}

/** `SQLITE_READONLY*`: the connection was opened so, or the file system does not let this user write. */
function unwritable(name: string, cause: Error, file: string): HoldfastError {
  if (name === 'SQLITE_READONLY_DBMOVED') return inputOutput(name, cause, file)
  const refusal = accessRefusal(file, constants.W_OK) ?? accessRefusal(dirname(file), constants.W_OK)
  if (refusal !== undefined) return permission(refusal.path, `${name}, ${refusal.reason}`, cause)
  if (name !== 'SQLITE_READONLY') return permission(file, name, cause)
  return new HoldfastError('STORE_READ_ONLY', `${file} is open read-only (${name}).`, { method: 'statement' }, { cause })
}

/** `SQLITE_CANTOPEN*` says only that open(2) failed: the reason is read off the path. */
function unopenable(name: string, cause: Error, file: string): HoldfastError {
  const directory = dirname(file)
  const invalid = (reason: string): HoldfastError =>
    new HoldfastError(
      'DIRECTORY_INVALID',
      `Cannot open ${file}: ${reason} (${name}).`,
      { directory, reason: `${name}, ${reason}` },
      { cause },
    )
  const folder = look(directory)
  if (folder?.isDirectory() === false) return invalid('its directory is not a directory')
  const unreachable = accessRefusal(directory, constants.X_OK) ?? accessRefusal(file, constants.R_OK)
  if (unreachable !== undefined) return permission(unreachable.path, `${name}, ${unreachable.reason}`, cause)
  if (folder === undefined) return invalid('its directory does not exist')
  const entry = look(file)
  if (entry !== undefined && !entry.isFile()) return invalid('it is not a regular file')
  const locked = accessRefusal(directory, constants.W_OK)
  if (locked !== undefined) return permission(directory, `${name}, ${locked.reason}`, cause)
  if (entry === undefined) return new HoldfastError('STORE_ABSENT', `${file} does not exist (${name}).`, { directory }, { cause })
  return inputOutput(name, cause, file)
}

/**
 * Makes an error of a `node:fs` call on `path` into what Holdfast throws.
 *
 * An error without an errno is not the file system's and comes back as it is.
 */
export function mapFileError(error: unknown, path: string): Error {
  if (isHoldfastError(error)) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = errno(error)
  if (code === undefined) return cause
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HoldfastError('DISK_FULL', `No space left for ${path} (${code}).`, { file: path }, { cause })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return permission(path, code, cause)
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'ELOOP' || code === 'ENAMETOOLONG') {
    return new HoldfastError('DIRECTORY_INVALID', `${path} cannot be used (${code}).`, { directory: path, reason: code }, { cause })
  }
  return inputOutput(code, cause, path)
}

/** The errno name (`ENOENT`) of a `node:fs` error. */
export function errno(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

function inputOutput(reason: string, cause: Error, file: string): HoldfastError {
  return new HoldfastError('STORE_IO', `Reading or writing ${file} failed (${reason}, ${cause.message}).`, { file, reason }, { cause })
}

/** PERMISSION that names the user and the owner, since the usual cause is one run under sudo. */
function permission(path: string, reason: string, cause: Error): HoldfastError {
  const full = `${reason}; ${describeOwner(path)}`
  return new HoldfastError('PERMISSION', `No right to use ${path} (${full}).`, { path, reason: full }, { cause })
}

function describeOwner(path: string): string {
  const user = `running as uid ${process.geteuid?.() ?? 'unknown'}`
  const stats = look(path)
  return stats === undefined ? user : `${user}, owner uid ${stats.uid}, mode 0${(stats.mode & 0o7777).toString(8)}`
}

/** What is at `path`; undefined also where this user may not look, since a mapper must not fail itself. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function accessRefusal(path: string, mode: number): { readonly path: string; readonly reason: string } | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    const reason = errno(error)
    return reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS' ? { path, reason } : undefined
  }
}

/** SQLite reports ENOSPC on the `-shm` file, and a quota, as SQLITE_IOERR. */
function isDiskFull(name: string, file: string): boolean {
  if (name !== 'SQLITE_IOERR_SHMSIZE' && name !== 'SQLITE_IOERR_SHMMAP' && name !== 'SQLITE_IOERR_WRITE') return false
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize < fullDiskBytes
  } catch {
    return false
  }
}

function hasPrimary(name: string, primary: string): boolean {
  return name === `SQLITE_${primary}` || name.startsWith(`SQLITE_${primary}_`)
}

function isUseAfterClose(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_STATE') return /not open|finalized/.test(error.message)
  return error instanceof TypeError && error.message === 'The database connection is not open'
}
