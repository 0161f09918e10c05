/** The steps of opening, for a store on disk and for one in memory. */
import * as path from 'node:path'
import { type Backend, openDisk, openMemory } from '../engine/backend.ts'
import { Engine } from '../engine/engine.ts'
import { KindSet } from '../engine/kind-set.ts'
import { defaultRetention } from '../engine/history/pruner.ts'
import { firstChain, randomName } from '../engine/identity.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import type { Driver } from '../sqlite/driver.ts'
import type { HelperSetup } from '../sqlite/helper-protocol.ts'
import { loadDriver, resolveBetterSqlite } from '../sqlite/load-driver.ts'
import { claimFile } from '../sqlite/open-files.ts'
import { mustReadImmutable } from '../sqlite/immutable.ts'
import { assertSafeSqlite } from '../sqlite/safe-version.ts'
import { prepareDirectory, type StoreFiles } from '../sqlite/store-files.ts'
import type { NewStore } from '../sqlite/tables.ts'
import { createKinds, createTxMaker } from './create-kinds.ts'
import { kindServices } from './kind-services.ts'
import { migrate } from './migrate.ts'
import { noteLostHistory } from './lost-history.ts'
import type { Opening } from './opening-options.ts'
import { reconcileKinds, reportKept } from './reconcile.ts'
import { shareEngine } from './shared-engines.ts'
import { isOlder } from './state-version.ts'
import { StoreHandle } from './store-handle.ts'

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
  const { clock, random } = opening.seams
  let engine: Engine | undefined
  const open = (): Promise<Backend> =>
    openDisk(driver, helperSetup(opening, files), {
      events: {
        onChanged: (head) => engine?.noteChanged(head),
        onLost: (error) => engine?.recover(error),
        onFailed: (error) => reportHelper(opening, error),
      },
      wait: { clock, random, deadlineMs: opening.deadlineMs },
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

function reportHelper({ report }: Opening, error: Error): void {
  report({ type: 'background-failed', message: 'Something the helper does by itself failed; it is tried again.', error })
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
  await reconcileKinds(backend, definition, { directory: files.directory, deadlineMs })
  await backend.sync()
  reportKept(backend.main, definition.kinds, report)
}

async function startEngine(opening: Opening, backend: Backend, reopen: () => Promise<Backend>): Promise<Engine> {
  const { definition, readOnly, durability, deadlineMs, maxCommitBytes, seams, report } = opening
  const directory = opening.directory ?? ':memory:'
  if (opening.directory === undefined) await reconcileKinds(backend, definition, { directory, deadlineMs })
  const retention = { ...defaultRetention, ...opening.history }
  const engine = new Engine(backend, {
    directory,
    readOnly,
    durability,
    queueLimit,
    deadlineMs,
    maxCommitBytes,
    retention,
    seams,
    report,
    reopen,
  })
  // What the engine takes for the version of the store, from here on notices a later one by itself.
  if (!readOnly) isOlder(backend.main, definition.version, directory)
  const kinds = createKinds(definition.kinds, readStoredKinds(backend.main), { ...kindServices(engine), bootstrap: opening.bootstrap })
  engine.install(new KindSet(kinds, createTxMaker(kinds)))
  return engine
}

function helperSetup(opening: Opening, files: StoreFiles): HelperSetup {
  return {
    files,
    driver: opening.driver,
    betterSqlitePath: opening.driver === 'better-sqlite3' ? resolveBetterSqlite() : undefined,
    readOnly: opening.readOnly,
    isImmutable: opening.readOnly && mustReadImmutable(files),
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
