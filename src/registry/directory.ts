/** Where the registry of a user is, and whether it can be trusted. */
import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'
import { readFileSystemType, unsafeFileSystem } from '../sqlite/file-system.ts'
import { errno, mapFileError } from '../sqlite/sqlite-error.ts'

const onlyOwner = 0o700
const writableByOthers = 0o022

/** What decides about the place. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: { readonly [name: string]: string | undefined }
  readonly home: string
}

export function thisMachine(): Machine {
  return { platform: process.platform, env: process.env, home: os.homedir() }
}

/**
 * The directory by the convention of the platform, unless `HOLDFAST_REGISTRY_DIR` names another.
 *
 * Only Linux has been run; the others follow what their vendors document.
 */
export function defaultDirectory({ platform, env, home }: Machine): string {
  const { HOLDFAST_REGISTRY_DIR: override = '', XDG_STATE_HOME: state = '', LOCALAPPDATA: local = '' } = env
  if (override !== '') return path.resolve(override)
  if (platform === 'win32') return path.join(local === '' ? path.join(home, 'AppData', 'Local') : local, 'holdfast', 'registry')
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'holdfast', 'registry')
  // The convention says that a relative path there is to be ignored.
  return path.join(path.isAbsolute(state) ? state : path.join(home, '.local', 'state'), 'holdfast', 'registry')
}

/**
 * Makes the directory if need be: 0700 whatever the umask.
 *
 * @throws HoldfastError PERMISSION for one that is not this user's alone to write · DIRECTORY_INVALID · UNSUPPORTED_FILESYSTEM · DISK_FULL
 */
export function prepareRegistry(directory: string): void {
  try {
    mkdirSync(path.dirname(directory), { recursive: true, mode: onlyOwner })
    mkdirSync(directory, { mode: onlyOwner })
    chmodSync(directory, onlyOwner)
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw mapFileError(error, directory)
  }
  if (!isTrusted(directory)) throw invalid(directory, 'it was deleted while it was made')
}

/**
 * False when there is no registry yet.
 *
 * @throws HoldfastError PERMISSION · DIRECTORY_INVALID · UNSUPPORTED_FILESYSTEM
 */
export function isTrusted(directory: string): boolean {
  const stats = lookAt(directory)
  if (stats === undefined) return false
  if (stats.isSymbolicLink()) throw invalid(directory, 'it is a symbolic link')
  if (!stats.isDirectory()) throw invalid(directory, 'it is not a directory')
  const user = process.geteuid?.()
  if (user !== undefined && stats.uid !== user) {
    throw forbidden(directory, `it belongs to uid ${stats.uid} and this process runs as uid ${user}`)
  }
  if (process.platform !== 'win32' && (stats.mode & writableByOthers) !== 0) {
    throw forbidden(directory, `its mode 0${(stats.mode & 0o7777).toString(8)} lets others write in it; chmod 0700 ${directory}`)
  }
  const filesystem = unsafeFileSystem(readFileSystemType(directory))
  if (filesystem === undefined) return true
  const message = `${directory} is on ${filesystem}, where locks may not hold; name another directory by HOLDFAST_REGISTRY_DIR.`
  throw new HoldfastError('UNSUPPORTED_FILESYSTEM', message, { directory, filesystem })
}

function lookAt(directory: string): Stats | undefined {
  try {
    return lstatSync(directory, { throwIfNoEntry: false })
  } catch (error) {
    throw mapFileError(error, directory)
  }
}

function invalid(directory: string, reason: string): HoldfastError {
  return new HoldfastError('DIRECTORY_INVALID', `${directory} cannot hold the registry: ${reason}.`, { directory, reason })
}

function forbidden(directory: string, reason: string): HoldfastError {
  return new HoldfastError('PERMISSION', `${directory} cannot hold the registry: ${reason}.`, { path: directory, reason })
}
