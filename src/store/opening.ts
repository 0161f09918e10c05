/** The steps of opening, for a store on disk and for one in memory. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'
import type { Report } from '../base/report.ts'
import { type Backend, openDisk, openMemory } from '../engine/backend.ts'
import { Engine, readStoredKinds } from '../engine/engine.ts'
import { defaultRetention, type HistoryRetention } from '../engine/history/pruner.ts'
import { firstChain, randomName } from '../engine/identity.ts'
import type { Seams } from '../engine/seams.ts'
import type { Driver, DriverName } from '../sqlite/driver.ts'
import type { HelperSetup } from '../sqlite/helper-protocol.ts'
import { loadDriver, resolveBetterSqlite } from '../sqlite/load-driver.ts'
import { claimFile } from '../sqlite/open-files.ts'
import { assertSafeSqlite } from '../sqlite/safe-version.ts'
import { prepareDirectory, type StoreFiles } from '../sqlite/store-files.ts'
import type { NewStore } from '../sqlite/tables.ts'
import type { StateDefinition } from '../state/define-state.ts'
import type { Durability } from '../state/durability.ts'
import { createKinds, createTxMaker } from './create-kinds.ts'
import { migrate } from './migrate.ts'
import { noteLostHistory } from './lost-history.ts'
import { reconcileKinds, reportKept } from './reconcile.ts'
import { shareEngine } from './shared-engines.ts'
import { StoreHandle } from './store-handle.ts'

/** Options of `openStore`, complete. */
export interface Opening {
  readonly seams: Seams
  readonly definition: StateDefinition
  readonly report: Report
  /** Absolute path; undefined for a store in memory. */
  readonly directory: string | undefined
  readonly driver: DriverName
  readonly readOnly: boolean
  readonly durability: Durability
  readonly history: Partial<HistoryRetention>
  readonly deadlineMs: number
  readonly maxCommitBytes: number
  readonly allowUnsafeFilesystem: boolean
}

/** Commits waiting in the queue, at most (rule C5). */
const queueLimit = 10_000

export async function openInMemory(opening: Opening): Promise<StoreHandle> {
  const driver = await loadDriver(opening.driver)
  assertSafeSqlite(driver.sqliteVersion, driver.name)
  const backend = openMemory(driver, newStore(opening))
  const engine = await startEngine(opening, backend, () => Promise.reject(new Error('A store in memory does not fail.')))
  return new StoreHandle(engine, opening.definition, () => engine.close())
}

export async function openOnDisk(opening: Opening): Promise<StoreHandle> {
  const directory = opening.directory as string
  const files = prepareDirectory(directory, opening)
  const shared = await shareEngine(files.identity, opening, () => openEngine(opening, files))
  return new StoreHandle(shared.engine, opening.definition, shared.release)
}

async function openEngine(opening: Opening, files: StoreFiles): Promise<Engine> {
  const driver = await loadDriver(opening.driver)
  assertSafeSqlite(driver.sqliteVersion, driver.name)
  const release = claimFile(files.identity, libraryOf(driver), files.database)
  let engine: Engine | undefined
  const open = (): Promise<Backend> =>
    openDisk(driver, helperSetup(opening, files), {
      onChanged: (head) => engine?.noteChanged(head),
      onLost: (error) => engine?.recover(error),
    })
  try {
    const backend = await open()
    try {
      if (!opening.readOnly) await prepareStore(opening, backend, files)
      engine = await startEngine(opening, backend, open)
    } catch (error) {
      await backend.close()
      throw error
    }
  } catch (error) {
    release()
    throw error
  }
  engine.onClosed(release)
  return engine
}

/** Which copy of SQLite a driver uses; asked of a connection to nothing. */
function libraryOf(driver: Driver): string {
  const connection = driver.open({ file: ':memory:' })
  const { library } = connection
  connection.close()
  return library
}

async function prepareStore(opening: Opening, backend: Backend, files: StoreFiles): Promise<void> {
  const { definition, deadlineMs, seams, report } = opening
  await noteLostHistory(backend, opening)
  await migrate({ backend, definition, backups: path.join(files.directory, 'backups'), directory: files.directory, deadlineMs, seams })
  await reconcileKinds(backend, definition.kinds, deadlineMs)
  await backend.sync()
  reportKept(backend.main, definition.kinds, report)
}

async function startEngine(opening: Opening, backend: Backend, reopen: () => Promise<Backend>): Promise<Engine> {
  const { definition, readOnly, durability, deadlineMs, maxCommitBytes, seams, report } = opening
  if (opening.directory === undefined) await reconcileKinds(backend, definition.kinds, deadlineMs)
  const retention = { ...defaultRetention, ...opening.history }
  const directory = opening.directory ?? ':memory:'
  const engine = new Engine(backend, { directory, readOnly, durability, queueLimit, deadlineMs, maxCommitBytes, retention, seams, report, reopen })
  const services = {
    ledger: engine.ledger,
    beginRead: (method: string) => engine.beginRead(method),
    watch: engine.watch.bind(engine),
    onUndecodable: (kind: string, key: string) => engine.noteUndecodable(kind, key),
  }
  const kinds = createKinds(definition.kinds, readStoredKinds(backend), services)
  engine.install(kinds, createTxMaker(kinds))
  return engine
}

function helperSetup(opening: Opening, files: StoreFiles): HelperSetup {
  return {
    files,
    driver: opening.driver,
    betterSqlitePath: opening.driver === 'better-sqlite3' ? resolveBetterSqlite() : undefined,
    readOnly: opening.readOnly,
    isImmutable: opening.readOnly && isUnwritable(files) && !hasLog(files),
    create: newStore(opening),
    deadlineMs: opening.deadlineMs,
  }
}

function newStore({ definition, seams }: Opening): NewStore {
  const epoch = randomName()
  return {
    storeId: randomName() + randomName(),
    epoch,
    stateName: definition.name,
    stateVersion: definition.version,
    createdAt: seams.clock.now(),
    chain: firstChain(epoch),
  }
}

function isUnwritable({ directory }: StoreFiles): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK)
    return false
  } catch {
    return true
  }
}

/** A log with content must be read through locks and -shm, which `immutable` does without. */
function hasLog({ wal }: StoreFiles): boolean {
  return (fs.statSync(wal, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** Refuses a second open of a directory that differs from the first. */
export function differs(a: Opening, b: Opening): string | undefined {
  if (a.definition !== b.definition) return 'with another definition'
  for (const name of ['driver', 'readOnly', 'durability', 'deadlineMs', 'maxCommitBytes'] as const) {
    if (a[name] !== b[name]) return `with another ${name}`
  }
  return undefined
}

export function alreadyOpen(directory: string, reason: string): HoldfastError<'STORE_OPEN'> {
  return new HoldfastError('STORE_OPEN', `${directory} is open already in this thread ${reason}.`, { directory, reason })
}
