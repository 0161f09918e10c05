/** Where a store lives: on disk with a helper thread, or in memory. The engine does not ask which. */
import { createSystemTables, newStoreMeta, type NewStore, writeMeta } from '../sqlite/tables.ts'
import type { Connection, Driver } from '../sqlite/driver.ts'
import { Helper, type HelperEvents } from '../sqlite/helper.ts'
import type { CheckpointMode, CheckpointResult, HelperSetup, Script } from '../sqlite/helper-protocol.ts'
import { applyPragmas } from '../sqlite/pragmas.ts'
import { performScript } from '../sqlite/script.ts'

export interface Backend {
  /** The connection of the store's thread. */
  readonly main: Connection
  /** True when this open made the store. */
  readonly created: boolean
  /** Size of the write-ahead log at open, bytes. */
  readonly walBytes: number
  /** Makes everything committed before the call durable. */
  sync(): Promise<number>
  measure(): Promise<number>
  checkpoint(mode: CheckpointMode, waitMs: number): Promise<CheckpointResult>
  /** Starts or stops looking for commits of other processes. */
  watch(isOn: boolean): void
  /** Runs a script in one transaction; false, and nothing done, when a guard does not hold. */
  runScript(script: Script): Promise<boolean>
  /** Writes a verified copy to a file that must not exist. */
  backup(file: string): Promise<void>
  /** A connection to take snapshots through; not its own when it is `main`. */
  openReader(): { readonly connection: Connection; readonly isOwn: boolean }
  close(): Promise<void>
}

/** Opens a store on disk: the helper first, so that recovery after a crash is its work. */
export async function openDisk(driver: Driver, setup: HelperSetup, events: HelperEvents): Promise<Backend> {
  const helper = await Helper.start(setup, events)
  try {
    return new DiskBackend(driver, setup, helper)
  } catch (error) {
    await helper.close()
    throw error
  }
}

class DiskBackend implements Backend {
  readonly main: Connection
  readonly created: boolean
  readonly walBytes: number
  readonly #driver: Driver
  readonly #setup: HelperSetup
  readonly #helper: Helper

  constructor(driver: Driver, setup: HelperSetup, helper: Helper) {
    this.#driver = driver
    this.#setup = setup
    this.#helper = helper
    this.created = helper.created
    this.walBytes = helper.walBytes
    this.main = this.#open(setup.readOnly ? 'reader' : 'writer')
  }

  #open(role: 'writer' | 'reader'): Connection {
    const { files } = this.#setup
    const readOnly = role === 'reader'
    const connection = this.#driver.open({ file: files.database, readOnly, immutable: this.#setup.isImmutable })
    try {
      applyPragmas(connection, role, files.database)
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  sync(): Promise<number> {
    return this.#helper.call('sync', undefined)
  }

  measure(): Promise<number> {
    return this.#helper.call('measure', undefined)
  }

  checkpoint(mode: CheckpointMode, waitMs: number): Promise<CheckpointResult> {
    return this.#helper.call('checkpoint', { mode, waitMs })
  }

  watch(isOn: boolean): void {
    this.#helper.call('watch', isOn).catch(() => undefined)
  }

  runScript(script: Script): Promise<boolean> {
    return this.#helper.call('script', script)
  }

  backup(file: string): Promise<void> {
    return this.#helper.call('backup', { file })
  }

  openReader(): { readonly connection: Connection; readonly isOwn: boolean } {
    return { connection: this.#open('reader'), isOwn: true }
  }

  /** The helper closes last: the checkpoint of the last connection is its own. */
  async close(): Promise<void> {
    this.main.close()
    await this.#helper.close()
  }
}

/** Opens a store in memory: nothing to sync, nobody else to look for. */
export function openMemory(driver: Driver, create: NewStore): Backend {
  return new MemoryBackend(driver, create)
}

const nothingToCopy: CheckpointResult = Object.freeze({ isBusy: false, walFrames: 0, copiedFrames: 0, walBytes: 0 })

class MemoryBackend implements Backend {
  readonly main: Connection
  readonly created = true
  readonly walBytes = 0

  constructor(driver: Driver, create: NewStore) {
    this.main = driver.open({ file: ':memory:' })
    applyPragmas(this.main, 'writer', ':memory:')
    this.main.exec(createSystemTables)
    const write = this.main.prepare(writeMeta)
    for (const [name, value] of newStoreMeta(create)) write.run(name, value)
  }

  async sync(): Promise<number> {
    return 0
  }

  async measure(): Promise<number> {
    return 0
  }

  async checkpoint(): Promise<CheckpointResult> {
    return nothingToCopy
  }

  watch(): void {}

  async runScript(script: Script): Promise<boolean> {
    this.main.exec('BEGIN IMMEDIATE')
    try {
      const held = performScript(this.main, script)
      this.main.exec('COMMIT')
      return held
    } catch (error) {
      if (this.main.inTransaction) this.main.exec('ROLLBACK')
      throw error
    }
  }

  async backup(file: string): Promise<void> {
    this.main.prepare('VACUUM INTO ?').run(file)
  }

  openReader(): { readonly connection: Connection; readonly isOwn: boolean } {
    return { connection: this.main, isOwn: false }
  }

  async close(): Promise<void> {
    this.main.close()
  }
}
