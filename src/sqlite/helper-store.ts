/** The helper's own connection to a store, and what it does with it. Blocking calls throughout: this is their thread. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'
import { whileBusy } from './busy-wait.ts'
import type { Connection, Driver, Row, Statement } from './driver.ts'
import type { CheckpointMode, CheckpointResult, HelperSetup, Script } from './helper-protocol.ts'
import { importDriver } from './import-driver.ts'
import { knowsNoopCheckpoint } from './noop-checkpoint.ts'
import { partialSuffix, removeOldBackups, removePartialBackups } from './old-backups.ts'
import { applyPragmas } from './pragmas.ts'
import { assertSafeSqlite } from './safe-version.ts'
import { performScript } from './script.ts'
import { isBusy, mapFileError } from './sqlite-error.ts'
import { createInnerDirectory, syncDirectory } from './store-files.ts'
import { assertOpenable, isEmptyStore } from './store-header.ts'
import { countWalStart, createSystemTables, newStoreMeta, readHead, writeMeta } from './tables.ts'

/** What the log has before each page. */
const frameHeaderBytes = 24

export class HelperStore {
  readonly #setup: HelperSetup
  readonly #driver: Driver
  readonly #connection: Connection
  readonly #dataVersion: Statement
  #head: Statement | undefined
  #walDescriptor = -1
  /** Answers how many frames of the log are in use; undefined where nothing can be asked for that. */
  #logFrames: Statement | undefined
  #frameBytes = 0
  #seenVersion = -1
  /** True when this helper made the store. */
  created = false

  static async open(setup: HelperSetup): Promise<HelperStore> {
    const driver = await importDriver(setup.driver, setup.betterSqlitePath)
    assertSafeSqlite(driver.sqliteVersion, driver.name)
    whileBusy(() => assertOpenable(driver, setup), setup.deadlineMs)
    return new HelperStore(driver, setup)
  }

  private constructor(driver: Driver, setup: HelperSetup) {
    this.#setup = setup
    this.#driver = driver
    this.#connection = driver.open({ file: setup.files.database, readOnly: setup.readOnly, immutable: setup.isImmutable })
    try {
      whileBusy(() => applyPragmas(this.#connection, setup.readOnly ? 'reader' : 'helper', setup.files.database), setup.deadlineMs)
      if (!setup.readOnly) this.#create()
      this.#openWal()
    } catch (error) {
      this.#connection.close()
      throw error
    }
    this.#dataVersion = this.#connection.prepare('PRAGMA data_version')
  }

  /** Makes the system tables, exactly once however many processes start together (M1): looked at again inside the transaction. */
  #create(): void {
    const { create, deadlineMs } = this.#setup
    this.#transact(deadlineMs, () => {
      if (!isEmptyStore(this.#connection)) return
      this.#connection.exec(createSystemTables)
      const write = this.#connection.prepare(writeMeta)
      for (const [name, value] of newStoreMeta(create)) write.run(name, value)
      this.created = true
    })
  }

  /** Opens the log for syncing, makes sure its name is on disk, and writes its header so that no commit has to wait for that. */
  #openWal(): void {
    const { files, readOnly, isImmutable } = this.#setup
    if (isImmutable) return
    this.#connection.prepare('SELECT count(*) FROM sqlite_master').get()
    try {
      this.#walDescriptor = fs.openSync(files.wal, readOnly ? 'r' : 'r+')
    } catch (error) {
      throw mapFileError(error, files.wal)
    }
    if (!readOnly && this.#walFileBytes() === 0) this.#startWal()
    if (!readOnly && knowsNoopCheckpoint(this.#driver.sqliteVersion)) this.#measureByFrames()
    // What a process that was killed left unsynced is published by this open.
    this.sync()
    if (!readOnly) syncDirectory(files.directory)
  }

  #measureByFrames(): void {
    this.#logFrames = this.#connection.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#frameBytes = Number(this.#connection.prepare('PRAGMA page_size').get()?.[0]) + frameHeaderBytes
  }

  /** Writes first into an empty log: that write syncs the header, and it should be ours. A writer that was quicker has done it. */
  #startWal(): void {
    try {
      this.#transact(0, () => this.#connection.prepare(countWalStart).run())
    } catch (error) {
      if (!isBusy(error)) throw error
    }
  }

  #transact(deadlineMs: number, body: () => void): void {
    whileBusy(() => this.#connection.exec('BEGIN IMMEDIATE'), deadlineMs)
    try {
      body()
      this.#connection.exec('COMMIT')
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK')
      throw error
    }
  }

  sync(): number {
    if (this.#walDescriptor === -1) return 0
    try {
      fs.fdatasyncSync(this.#walDescriptor)
    } catch (error) {
      throw mapFileError(error, this.#setup.files.wal)
    }
    return this.walBytes()
  }

  /** Bytes in use of the log. Its file may be longer: a log that starts again is written over, not cut. */
  walBytes(): number {
    if (this.#walDescriptor === -1 || this.#logFrames === undefined) return this.#walFileBytes()
    return Math.max(0, Number(this.#logFrames.get()?.[1])) * this.#frameBytes
  }

  #walFileBytes(): number {
    return this.#walDescriptor === -1 ? 0 : fs.fstatSync(this.#walDescriptor).size
  }

  checkpoint(mode: CheckpointMode, waitMs: number): CheckpointResult {
    this.#connection.exec(`PRAGMA busy_timeout = ${waitMs}`)
    // Where a log that starts again cannot be told from a full one, it is cut.
    const possible = mode === 'RESTART' && this.#logFrames === undefined ? 'TRUNCATE' : mode
    let row: Row | undefined
    try {
      row = this.#connection.prepare(`PRAGMA wal_checkpoint(${possible})`).get()
    } finally {
      this.#connection.exec('PRAGMA busy_timeout = 0')
    }
    const [busy, walFrames, copiedFrames] = (row ?? [1, 0, 0]) as readonly number[]
    // With everything copied, the next write starts the log again from its beginning and syncs its header.
    if (busy === 0 && walFrames === copiedFrames) this.#startWal()
    const sizes = { walBytes: this.walBytes(), walFileBytes: this.#walFileBytes() }
    return { isBusy: busy !== 0, walFrames: walFrames ?? 0, copiedFrames: copiedFrames ?? 0, ...sizes }
  }

  runScript(script: Script): boolean {
    let held = false
    this.#transact(script.deadlineMs, () => {
      held = performScript(this.#connection, script)
    })
    return held
  }

  /**
   * Looks whether anything was committed since the last look by other connections than this one; then makes it durable.
   *
   * @returns the newest revision that is now durable, or undefined when nothing was committed
   */
  findForeignCommits(): number | undefined {
    try {
      const version = Number(this.#dataVersion.get()?.[0])
      if (version === this.#seenVersion) return undefined
      this.#head ??= this.#connection.prepare(readHead)
      const head = Number(this.#head.get()?.[0] ?? 0)
      this.sync()
      this.#seenVersion = version
      return head
    } catch (error) {
      if (isBusy(error)) return undefined
      throw error
    }
  }

  /** A copy of one moment, in one file without a log; proven whole and on disk before it is reported done. Older ones of its sort make room. */
  backup(file: string, prefix: string): undefined {
    const directory = path.dirname(file)
    const partial = `${file}${partialSuffix}`
    createInnerDirectory(directory)
    try {
      removePartialBackups(directory)
      this.#connection.prepare('VACUUM INTO ?').run(partial)
      fs.chmodSync(partial, 0o600)
      assertWhole(this.#driver, partial)
      const descriptor = fs.openSync(partial, 'r+')
      fs.fsyncSync(descriptor)
      fs.closeSync(descriptor)
      fs.renameSync(partial, file)
      removeOldBackups(directory, prefix)
    } catch (error) {
      fs.rmSync(partial, { force: true })
      throw mapFileError(error, file)
    }
    syncDirectory(directory)
    return undefined
  }

  /** Closes last of all connections of this store: the checkpoint that comes with it is not the store's thread's. */
  close(): void {
    try {
      if (!this.#setup.readOnly) this.checkpoint('PASSIVE', 0)
    } catch (error) {
      if (!isBusy(error)) throw error
    } finally {
      if (this.#walDescriptor !== -1) fs.closeSync(this.#walDescriptor)
      this.#walDescriptor = -1
      this.#connection.close()
    }
  }
}

function assertWhole(driver: Driver, file: string): void {
  const copy = driver.open({ file, readOnly: true })
  try {
    const answer = copy.prepare('PRAGMA quick_check').get()?.[0]
    if (answer !== 'ok')
      throw new HoldfastError('STORE_CORRUPT', `The copy ${file} is not whole: ${String(answer)}.`, { file, reason: String(answer) })
  } finally {
    copy.close()
  }
}
