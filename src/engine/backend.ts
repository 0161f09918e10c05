/** Where a store lives: on disk with a helper thread, or in memory. The engine does not ask which. */
import { createSystemTables, newStoreMeta, type NewStore, writeMeta } from '../sqlite/tables.ts'
import type { Connection, Driver } from '../sqlite/driver.ts'
import { Helper, type HelperEvents } from '../sqlite/helper.ts'
import type { CheckpointMode, CheckpointResult, HelperSetup, Repetition, Script } from '../sqlite/helper-protocol.ts'
import { applyPragmas } from '../sqlite/pragmas.ts'
import { performScript } from '../sqlite/script.ts'
import { type LockWait, untilFree } from './lock-wait.ts'

/** A connection that snapshots are read through. */
export interface SnapshotReader {
  readonly connection: Connection
  /** False for a store in memory, whose one connection it is: a read transaction must end with the turn. */
  readonly isOwn: boolean
}

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
  /** Has a statement run again and again, however busy this thread is, or no longer. In memory there is nobody to run it, or to see it. */
  repeat(repetition: Repetition): void
  /** Writes a verified copy to a file that must not exist, and deletes old copies whose names begin with `prefix`. */
  backup(file: string, prefix: string): Promise<void>
  /** A connection to take snapshots through; not its own when it is `main`. */
  openReader(): Promise<SnapshotReader>
  close(): Promise<void>
}

export interface DiskServices {
  readonly events: HelperEvents
  /** For the moments in which another process recovers the log. */
  readonly wait: LockWait
}

/** Opens a store on disk: the helper first, so that recovery after a crash is its work. */
export async function openDisk(driver: Driver, setup: HelperSetup, { events, wait }: DiskServices): Promise<Backend> {
  const helper = await Helper.start(setup, events)
  try {
    const open = (role: Role): Promise<Connection> => untilFree(() => openConnection(driver, setup, role), wait)
    return new DiskBackend(await open(setup.readOnly ? 'reader' : 'writer'), helper, open)
  } catch (error) {
    await helper.close()
    throw error
  }
}

type Role = 'writer' | 'reader'

function openConnection(driver: Driver, { files, isImmutable }: HelperSetup, role: Role): Connection {
  const connection = driver.open({ file: files.database, readOnly: role === 'reader', immutable: isImmutable })
  try {
    applyPragmas(connection, role, files.database)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

class DiskBackend implements Backend {
  readonly main: Connection
  readonly created: boolean
  readonly walBytes: number
  readonly #helper: Helper
  readonly #open: (role: Role) => Promise<Connection>

  constructor(main: Connection, helper: Helper, open: (role: Role) => Promise<Connection>) {
    this.main = main
    this.#helper = helper
    this.#open = open
    this.created = helper.created
    this.walBytes = helper.walBytes
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

  repeat(repetition: Repetition): void {
    this.#helper.call('repeat', repetition).catch(() => undefined)
  }

  backup(file: string, prefix: string): Promise<void> {
    return this.#helper.call('backup', { file, prefix })
  }

  async openReader(): Promise<SnapshotReader> {
    return { connection: await this.#open('reader'), isOwn: true }
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

const nothingToCopy: CheckpointResult = Object.freeze({ isBusy: false, walFrames: 0, copiedFrames: 0, walBytes: 0, walFileBytes: 0 })

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

  repeat(): void {}

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

  async openReader(): Promise<SnapshotReader> {
    return { connection: this.main, isOwn: false }
  }

  async close(): Promise<void> {
    this.main.close()
  }
}
