/** Who is in the registry and alive. Reading writes nothing. */
import { realpathSync } from 'node:fs'
import * as path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { misuse } from '../base/misuse.ts'
import { checkOptions, text } from '../base/options.ts'
import { probeLife } from '../sqlite/life-lock.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import { isTrusted } from './directory.ts'
import { listInstances, lockFile, readInfo } from './files.ts'
import type { Instance } from './instance.ts'
import { directoryOf, type RegistryOptions } from './register.ts'
import { sweepDirectory } from './sweep.ts'

/** What to look for; what is given must all be so. */
export interface InstanceQuery {
  readonly name?: string | undefined
  /** Any path of the directory. */
  readonly directory?: string | undefined
}

const queryRules = { name: text(), directory: text() }

/**
 * The programs that run now, oldest first. Alive is who holds its lock; one that cannot be asked counts as alive.
 *
 * @throws HoldfastError PERMISSION · DIRECTORY_INVALID · UNSUPPORTED_FILESYSTEM
 */
export async function list(options?: RegistryOptions): Promise<readonly Instance[]> {
  const directory = directoryOf(options)
  if (!isTrusted(directory)) return Object.freeze([])
  const driver = await loadDriver('node:sqlite')
  const found: Instance[] = []
  for (const [id] of await listInstances(directory)) {
    const info = await readInfo(directory, id)
    const life = info === undefined ? 'absent' : probeLife(driver, lockFile(directory, id))
    if (info !== undefined && (life === 'held' || life === 'unknown')) found.push(info)
    await nextTurn()
  }
  return Object.freeze(found.toSorted((a, b) => a.startedAt - b.startedAt || (a.instance < b.instance ? -1 : 1)))
}

/** The running programs of a name, or on a directory. As `list`. */
export async function find(query: InstanceQuery, options?: RegistryOptions): Promise<readonly Instance[]> {
  checkOptions('find', query, queryRules)
  const { name, directory } = query ?? {}
  if (name === undefined && directory === undefined) throw misuse('query', 'a name or a directory to look for', query)
  const wanted = directory === undefined ? undefined : realPath(directory)
  const isWanted = (instance: Instance): boolean =>
    (name === undefined || instance.name === name) &&
    (wanted === undefined || (instance.directory !== undefined && realPath(instance.directory) === wanted))
  return Object.freeze((await list(options)).filter(isWanted))
}

/**
 * Deletes the entries of programs that are proven dead; answers with their number. `register` does so, too.
 *
 * @throws HoldfastError PERMISSION · DIRECTORY_INVALID · UNSUPPORTED_FILESYSTEM
 */
export async function sweep(options?: RegistryOptions): Promise<number> {
  const directory = directoryOf(options)
  return isTrusted(directory) ? sweepDirectory(await loadDriver('node:sqlite'), directory) : 0
}

function realPath(given: string): string {
  try {
    return realpathSync(given)
  } catch {
    return path.resolve(given)
  }
}
