/** The claim of this open store on its files in `tmp`: taken when first needed, so a store that only reads makes no file. */
import * as path from 'node:path'
import { HoldfastError } from '../../base/error.ts'
import { holdLifeLock, type LifeLock } from '../../sqlite/life-lock.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { type ArtifactFiles, randomName } from './files.ts'

/** Each is lost only to a sweep of that very moment. */
const mostTries = 20

/** Ends the name of the file that proves a claim. */
export const lifeSuffix = '.life'

export class Claim {
  readonly #files: ArtifactFiles
  #taken: Promise<{ readonly id: string; readonly lock: LifeLock }> | undefined
  /** Its id, once it is taken. */
  id: string | undefined

  constructor(files: ArtifactFiles) {
    this.#files = files
  }

  /** The id under which files in `tmp` are ours; the directories are there then. @throws HoldfastError PERMISSION · DISK_FULL · STORE_IO */
  async take(): Promise<string> {
    this.#taken ??= this.#hold()
    try {
      return (await this.#taken).id
    } catch (error) {
      this.#taken = undefined
      throw error
    }
  }

  async release(): Promise<void> {
    const taken = await this.#taken?.catch(() => undefined)
    this.#taken = undefined
    this.id = undefined
    taken?.lock.release()
  }

  async #hold(): Promise<{ readonly id: string; readonly lock: LifeLock }> {
    await this.#files.prepare()
    // Always this driver's: see sqlite/life-lock.
    const driver = await loadDriver('node:sqlite')
    for (let tries = 0; tries < mostTries; tries += 1) {
      const id = randomName()
      const lock = holdLifeLock(driver, path.join(this.#files.temporary, id + lifeSuffix))
      if (lock === undefined) continue
      this.id = id
      return { id, lock }
    }
    throw new HoldfastError('STORE_BUSY', `Other processes kept sweeping ${this.#files.temporary}.`, { waitedMs: 0 })
  }
}
