/** Being in the registry: from `register` until the handle is released or the process ends, however it ends. */
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { checkOptions, text } from '../base/options.ts'
import { holdLifeLock, type LifeLock } from '../sqlite/life-lock.ts'
import { loadDriver } from '../sqlite/load-driver.ts'
import type { Driver } from '../sqlite/driver.ts'
import { defaultDirectory, prepareRegistry, thisMachine } from './directory.ts'
import { deleteInfo, lockFile, randomId, writeInfo } from './files.ts'
import { checkInfo, type Instance, type InstanceInfo } from './instance.ts'
import { keepAlive } from './registrations.ts'
import { sweepDirectory } from './sweep.ts'

/** Which registry. */
export interface RegistryOptions {
  /** Default: of the user, by the convention of the platform; `HOLDFAST_REGISTRY_DIR` names another. */
  readonly directory?: string | undefined
}

/** One's own entry in the registry. */
export interface Registration {
  /** What others see. */
  readonly info: Instance
  /** Changes what others see; what is not given stays. @throws HoldfastError REGISTRATION_RELEASED, and what `register` throws */
  update(info: Partial<InstanceInfo>): void
  /** Takes it out of the registry; a second call does nothing. */
  release(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** How many names are tried; each is lost only to a sweep of that very moment. */
const mostTries = 20
const optionRules = { directory: text() }

/** @throws TypeError */
export function directoryOf(options: RegistryOptions | undefined): string {
  checkOptions('registry', options, optionRules)
  if (options?.directory === '') throw misuse('directory', 'a path', options.directory)
  return options?.directory ?? defaultDirectory(thisMachine())
}

/**
 * Tells the user's other programs that this one runs. What dead programs left is swept away first.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError PERMISSION for a directory that is not this user's alone to write · DIRECTORY_INVALID · UNSUPPORTED_FILESYSTEM · DISK_FULL
 */
export async function register(given: InstanceInfo, options?: RegistryOptions): Promise<Registration> {
  const info = withAbsolutePath(given)
  if (info?.name === undefined) throw misuse('name', 'a name for what runs', info?.name)
  const directory = directoryOf(options)
  prepareRegistry(directory)
  const driver = await loadDriver('node:sqlite')
  await sweepDirectory(driver, directory)
  const { id, lock } = takeLock(driver, directory)
  const instance = Object.freeze({
    ...copy(info),
    versions: withNode(info.versions),
    instance: id,
    pid: process.pid,
    startedAt: Date.now(),
  })
  try {
    writeInfo(directory, instance)
  } catch (error) {
    lock.release()
    throw error
  }
  return createRegistration(directory, instance, lock)
}

function takeLock(driver: Driver, directory: string): { readonly id: string; readonly lock: LifeLock } {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const id = randomId()
    const lock = holdLifeLock(driver, lockFile(directory, id))
    if (lock !== undefined) return { id, lock }
  }
  throw new HoldfastError('STORE_BUSY', `Other programs kept sweeping ${directory}.`, { waitedMs: 0 })
}

function createRegistration(directory: string, first: Instance, lock: LifeLock): Registration {
  let instance = first
  let isReleased = false
  const forget = keepAlive(lock)
  const release = async (): Promise<void> => {
    if (isReleased) return
    isReleased = true
    forget()
    try {
      deleteInfo(directory, instance.instance)
    } finally {
      lock.release()
    }
  }
  return Object.freeze({
    get info() {
      return instance
    },
    update(given: Partial<InstanceInfo>) {
      const info = withAbsolutePath(given)
      if (isReleased) throw new HoldfastError('REGISTRATION_RELEASED', `${instance.name} is no longer registered.`, { name: instance.name })
      const versions = info.versions === undefined ? instance.versions : withNode(info.versions)
      const next = Object.freeze({ ...instance, ...copy(info), versions })
      writeInfo(directory, next)
      instance = next
    },
    release,
    [Symbol.asyncDispose]: release,
  })
}

/** Whoever reads it has another working directory. @throws TypeError · RangeError */
function withAbsolutePath<Info extends Partial<InstanceInfo>>(given: Info): Info {
  checkInfo(given)
  if (given?.directory === undefined) return given
  const info = { ...given, directory: path.resolve(given.directory) }
  // The absolute one may be too long.
  checkInfo(info)
  return info
}

function withNode(versions: InstanceInfo['versions']): InstanceInfo['versions'] {
  return Object.freeze({ node: process.versions.node, ...versions })
}

/** Only what is known of, and only what is given. */
function copy<Info extends Partial<InstanceInfo>>({ name, directory, port, url }: Info): Info {
  const given = Object.entries({ name, directory, port, url })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as unknown as Info
}
