/**
 * The long-lived token of a store, in the file `token` of its directory: 32 random bytes as base64url, and a newline.
 *
 * It is written under a name of its own, synced, and linked to its place, which fails where there is one already. So a crash leaves a whole token or
 * none, and of processes that start together one wins and the others read what it wrote. Whoever could read or replace the file could do everything
 * with the store, so one that others can touch is refused instead of being mended: it may be known already (rule Z11).
 */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { HoldfastError } from '../../base/error.ts'
import { errno, mapFileError } from '../../sqlite/sqlite-error.ts'
import { syncDirectory } from '../../sqlite/store-files.ts'

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants
/** Windows has neither flag. A planted pipe would make a plain open wait for ever. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants as { readonly O_NOFOLLOW?: number; readonly O_NONBLOCK?: number }
const onlyOwner = 0o600
const maxFileBytes = 256

/**
 * The token of the store in a directory, made when there is none yet.
 *
 * @param directory undefined for a store in memory, whose token ends with the process
 * @throws HoldfastError TOKEN_UNSAFE for a file that is a link, belongs to someone else, can be touched by others, or holds no token ·
 *   PERMISSION · DISK_FULL · STORE_IO
 */
export function loadOrCreateToken(directory: string | undefined): string {
  if (directory === undefined) return randomToken()
  const file = path.join(directory, 'token')
  const present = readToken(file)
  if (present !== undefined) return present
  createToken(file)
  return readToken(file) ?? fail(file, 'it was deleted while it was made')
}

function randomToken(): string {
  return crypto.randomBytes(32).toString('base64url')
}

/** The token in a file; undefined when there is no file. */
function readToken(file: string): string | undefined {
  const descriptor = openToken(file)
  if (descriptor === undefined) return undefined
  try {
    refuseUnsafe(file, fs.fstatSync(descriptor))
    const text = fs.readFileSync(descriptor, 'latin1')
    const token = /^([\w-]{43})\n?$/.exec(text)?.[1]
    return token ?? fail(file, 'it does not hold a token')
  } catch (error) {
    throw mapFileError(error, file)
  } finally {
    fs.closeSync(descriptor)
  }
}

function openToken(file: string): number | undefined {
  try {
    return fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOENT') return undefined
    // EMLINK is how FreeBSD says it.
    if (code === 'ELOOP' || code === 'EMLINK') return fail(file, 'it is a symbolic link')
    throw mapFileError(error, file)
  }
}

function refuseUnsafe(file: string, stats: fs.Stats): void {
  if (!stats.isFile()) fail(file, 'it is not a regular file')
  if (stats.size > maxFileBytes) fail(file, 'it does not hold a token')
  const user = process.geteuid?.()
  if (user === undefined) return
  if (stats.uid !== user) fail(file, `it belongs to uid ${stats.uid}, and this process runs as uid ${user}`)
  if ((stats.mode & 0o077) !== 0) fail(file, `its mode 0${(stats.mode & 0o7777).toString(8)} lets others touch it`)
}

/** Puts a token in its place; leaves one that is there by then. */
function createToken(file: string): void {
  const temporary = `${file}.${crypto.randomUUID()}`
  try {
    writeSynced(temporary, `${randomToken()}\n`)
    linkUnlessThere(temporary, file)
  } catch (error) {
    throw mapFileError(error, file)
  } finally {
    fs.rmSync(temporary, { force: true })
  }
  syncDirectory(path.dirname(file))
}

function writeSynced(file: string, text: string): void {
  const descriptor = fs.openSync(file, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, onlyOwner)
  try {
    // The umask may have taken rights from the owner.
    fs.fchmodSync(descriptor, onlyOwner)
    fs.writeFileSync(descriptor, text)
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error
  }
}

function fail(file: string, reason: string): never {
  throw new HoldfastError('TOKEN_UNSAFE', `${file} cannot be trusted: ${reason}.`, { file, reason })
}
