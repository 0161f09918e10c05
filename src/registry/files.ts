/**
 * The files of a registry: of each instance `<id>.lock`, its proof of life, and `<id>.json`, what it says of itself.
 *
 * The lock is taken before the info is written, and the info is deleted before the lock, so an info beside a free lock is always of a dead
 * instance. The info is a file of its own because the lock keeps readers out of its file. It is replaced by renaming, so it is always whole.
 */
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { errno, mapFileError } from '../sqlite/sqlite-error.ts'
import { fromText, type Instance, toText } from './instance.ts'

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants as { readonly O_NOFOLLOW?: number; readonly O_NONBLOCK?: number }
const onlyOwner = 0o600
const mostBytes = 256 * 1024
const fileName = /^([0-9a-f]{32})\.(lock|json|[0-9a-f]{12}\.tmp)$/

export function randomId(): string {
  return crypto.randomBytes(16).toString('hex')
}

export function lockFile(directory: string, id: string): string {
  return path.join(directory, `${id}.lock`)
}

function infoFile(directory: string, id: string): string {
  return path.join(directory, `${id}.json`)
}

/** The names of an instance's files, by its id. Files of other names are not the registry's. */
export async function listInstances(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const name of await namesIn(directory)) {
    const id = fileName.exec(name)?.[1]
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), name])
  }
  return found
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await fs.promises.readdir(directory)
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw mapFileError(error, directory)
  }
}

/** What an instance says of itself; undefined when it says nothing that can be understood. */
export async function readInfo(directory: string, id: string): Promise<Instance | undefined> {
  let handle: fs.promises.FileHandle | undefined
  try {
    handle = await fs.promises.open(infoFile(directory, id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stats = await handle.stat()
    const isOurs = process.geteuid === undefined || stats.uid === process.geteuid()
    if (!stats.isFile() || !isOurs || stats.size > mostBytes) return undefined
    return fromText(await handle.readFile('utf8'), id)
  } catch (error) {
    if (errno(error) !== undefined) return undefined
    throw error
  } finally {
    await handle?.close()
  }
}

/** Writes it whole or not at all. Needs no sync: after a loss of power nothing is running. */
export function writeInfo(directory: string, instance: Instance): void {
  const file = infoFile(directory, instance.instance)
  const temporary = path.join(directory, `${instance.instance}.${crypto.randomBytes(6).toString('hex')}.tmp`)
  try {
    const descriptor = fs.openSync(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, onlyOwner)
    try {
      fs.fchmodSync(descriptor, onlyOwner)
      fs.writeFileSync(descriptor, toText(instance))
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, file)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw mapFileError(error, file)
  }
}

export function deleteInfo(directory: string, id: string): void {
  fs.rmSync(infoFile(directory, id), { force: true })
}

/** Deletes files of an instance, its lock last. */
export function deleteFiles(directory: string, names: readonly string[]): void {
  const ordered = names.toSorted((a, b) => Number(a.endsWith('.lock')) - Number(b.endsWith('.lock')))
  for (const name of ordered) fs.rmSync(path.join(directory, name), { force: true })
}
