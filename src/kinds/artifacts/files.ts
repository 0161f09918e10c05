/**
 * The files of a store's artifacts, all in one directory of their own. Nothing here can reach store.db (rule D6).
 *
 *   artifacts/<first two digits>/<hash>     the bytes whose SHA-256 this is; one file however many records name it
 *   artifacts/tmp/<claim>.life              proof that the process lives that made the files of this claim (sqlite/life-lock)
 *   artifacts/tmp/<claim>.<random>.part     bytes that are coming in; kept, as a second name of the file, until they are recorded
 *   artifacts/tmp/<claim>.<random>.link     a name on its way to its place
 *   artifacts/tmp/<claim>.<hash>.gone       a file that no record named, on its way out
 *
 * A file comes to its place by renaming, whole and synced. It leaves by renaming, too, and only under the store's write lock, where nobody can
 * record it meanwhile; and not while a part is its second name, because then somebody is about to record it. What a record says of files is
 * decided in commits (tx.ts, collector.ts); this file only does it.
 */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { errno, mapFileError } from '../../sqlite/sqlite-error.ts'
import { syncDirectory } from '../../sqlite/store-files.ts'

const onlyOwnerDirectory = 0o700
const onlyOwner = 0o600
const hashPattern = /^[0-9a-f]{64}$/
const groupPattern = /^[0-9a-f]{2}$/
/** What a file system answers that has no second names. */
const hasNoLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

export class ArtifactFiles {
  readonly root: string
  readonly temporary: string

  constructor(root: string) {
    this.root = root
    this.temporary = path.join(root, 'tmp')
  }

  /** @param hash that of a record: what else a damaged one may hold becomes no path */
  pathOf(hash: string): string {
    if (!hashPattern.test(hash)) throw new TypeError(`Expected the hash of an artifact, got ${JSON.stringify(hash.slice(0, 80))}`)
    return path.join(this.root, hash.slice(0, 2), hash)
  }

  partOf(claim: string): string {
    return path.join(this.temporary, `${claim}.${randomDigits()}.part`)
  }

  goneOf(claim: string, hash: string): string {
    return path.join(this.temporary, `${claim}.${hash}.gone`)
  }

  /** Makes the directories. */
  async prepare(): Promise<void> {
    await makeDirectory(this.root)
    await makeDirectory(this.temporary)
  }

  /** Puts a part that is whole and synced to its place, in the stead of whatever is there. */
  async place(part: string, hash: string): Promise<void> {
    const file = this.pathOf(hash)
    const link = part.replace(/part$/, 'link')
    try {
      await makeDirectory(path.dirname(file))
      await linkOrCopy(part, link)
      await fs.promises.rename(link, file)
      // Two names of one file: renaming one to the other has left both.
      await fs.promises.rm(link, { force: true })
      await syncDirectoryAsync(path.dirname(file))
    } catch (error) {
      await removeFile(link)
      throw mapFileError(error, file)
    }
  }

  /** What is in the place of a hash, by its length; for inside a commit. */
  lengthOf(hash: string): number | undefined {
    const stats = fs.lstatSync(this.pathOf(hash), { throwIfNoEntry: false })
    return stats?.isFile() === true ? stats.size : undefined
  }

  /** Puts a part to its place from inside a commit: only where somebody took the file away since `place`, so nobody waits for this sync otherwise. */
  placeAgain(part: string, hash: string): void {
    const file = this.pathOf(hash)
    try {
      fs.renameSync(part, file)
    } catch (error) {
      throw mapFileError(error, file)
    }
    syncDirectory(path.dirname(file))
  }

  /** Moves a file that no record names out of its place. False when it is not there, or somebody is about to record it. */
  moveAway(hash: string, gone: string): boolean {
    const file = this.pathOf(hash)
    const stats = fs.lstatSync(file, { throwIfNoEntry: false })
    if (stats === undefined || this.#isComing(stats)) return false
    fs.renameSync(file, gone)
    return true
  }

  /** A second name may also be of a copy that somebody made of the directory, so the parts are looked at. */
  #isComing({ nlink, ino, dev }: fs.Stats): boolean {
    if (nlink === 1) return false
    const parts = fs.readdirSync(this.temporary).filter((name) => name.endsWith('.part'))
    return parts.some((name) => {
      const part = fs.lstatSync(path.join(this.temporary, name), { throwIfNoEntry: false })
      return part?.ino === ino && part.dev === dev
    })
  }

  /** Moves a file back whose record turned out to be there. */
  moveBack(gone: string, hash: string): void {
    if (this.lengthOf(hash) !== undefined || fs.lstatSync(gone, { throwIfNoEntry: false }) === undefined) return
    fs.renameSync(gone, this.pathOf(hash))
  }

  /** The names in `tmp`. */
  async temporaryNames(): Promise<readonly string[]> {
    return namesIn(this.temporary)
  }

  /** The hashes that have a file, group by group. */
  async *hashes(): AsyncGenerator<readonly string[], void, void> {
    for (const group of await namesIn(this.root)) {
      if (!groupPattern.test(group)) continue
      yield (await namesIn(path.join(this.root, group))).filter((name) => hashPattern.test(name) && name.startsWith(group))
    }
  }

  /** At once, as it must be under a lock. */
  removeNow(name: string): void {
    fs.rmSync(path.join(this.temporary, name), { force: true })
  }

  async removeAll(): Promise<void> {
    await fs.promises.rm(this.root, { recursive: true, force: true })
  }
}

/** Undefined when there is no such file, or only a link. */
export async function openFile(file: string): Promise<fs.promises.FileHandle | undefined> {
  try {
    return await fs.promises.open(file, readingFlags())
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ELOOP') return undefined
    throw mapFileError(error, file)
  }
}

/** Windows has neither flag. A planted pipe would make a plain open wait for ever. */
function readingFlags(): number {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants as Partial<typeof fs.constants> & { readonly O_RDONLY: number }
  return O_RDONLY | O_NOFOLLOW | O_NONBLOCK
}

/** A new file, 0600 whatever the umask. */
export async function createFile(file: string): Promise<fs.promises.FileHandle> {
  try {
    const handle = await fs.promises.open(file, 'wx', onlyOwner)
    await handle.chmod(onlyOwner)
    return handle
  } catch (error) {
    throw mapFileError(error, file)
  }
}

/** The length of a file; undefined when there is none. */
export async function lengthOfFile(file: string): Promise<number | undefined> {
  try {
    const stats = await fs.promises.lstat(file)
    return stats.isFile() ? stats.size : undefined
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined
    throw mapFileError(error, file)
  }
}

/** One that is gone already is fine. */
export async function removeFile(file: string): Promise<void> {
  try {
    await fs.promises.rm(file, { force: true })
  } catch (error) {
    throw mapFileError(error, file)
  }
}

/** 128 random bits. */
export function randomName(): string {
  return crypto.randomBytes(16).toString('hex')
}

function randomDigits(): string {
  return crypto.randomBytes(8).toString('hex')
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await fs.promises.readdir(directory)
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return []
    throw mapFileError(error, directory)
  }
}

/** 0700 whatever the umask, and on disk. One that is there stays as it is. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await fs.promises.mkdir(directory, { mode: onlyOwnerDirectory })
    await fs.promises.chmod(directory, onlyOwnerDirectory)
    await syncDirectoryAsync(path.dirname(directory))
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw mapFileError(error, directory)
  }
}

async function syncDirectoryAsync(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await fs.promises.open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await fs.promises.link(from, to)
  } catch (error) {
    if (!hasNoLinks.has(errno(error))) throw error
    await fs.promises.copyFile(from, to, fs.constants.COPYFILE_EXCL)
    const handle = await fs.promises.open(to, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
