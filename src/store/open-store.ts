/** Opening a store: the directory, the helper, the version, the tables, the engine. */
import * as path from 'node:path'
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { checkOptions, flag, fn, integer, object, oneOf, text } from '../base/options.ts'
import type { Report } from '../base/report.ts'
import { findRuntimeProblem } from '../base/runtime.ts'
import { traceOf } from '../base/trace.ts'
import type { HistoryRetention } from '../engine/history/pruner.ts'
import { type Seams, systemSeams } from '../engine/seams.ts'
import type { DriverName } from '../sqlite/driver.ts'
import type { Kinds, StateDefinition } from '../state/define-state.ts'
import { type Durability, durabilities } from '../state/durability.ts'
import { type Bootstrap, readBootstrap } from './bootstrap.ts'
import { openInMemory, openOnDisk } from './opening.ts'
import type { Opening } from './opening-options.ts'
import type { StoreOf } from './store.ts'

/** Where a store is kept, and how. */
export interface StoreOptions<Declared extends Kinds = Kinds> {
  /** Directory of the store; made when absent. Either this or `memory`. */
  readonly directory?: string
  /** Keeps the store in memory: the same code, nothing on disk. */
  readonly memory?: boolean
  /** Default `node:sqlite`. */
  readonly driver?: DriverName
  /** Creates nothing and changes nothing. Kinds that the store does not have read as empty. */
  readonly readOnly?: boolean
  /** What commits survive that ask for nothing themselves; default `power`. */
  readonly durability?: Durability
  /** How much history is kept; default 7 days, at most 256 MiB, at least 1,000 commits. */
  readonly history?: Partial<HistoryRetention>
  /** How long a commit waits for other processes, ms; default 5,000. */
  readonly commitDeadlineMs?: number
  /** Bytes of changes in one commit, at most; default 16 MiB. */
  readonly maxCommitBytes?: number
  /** Opens a store on a network or FUSE file system, where its locks and syncs may not hold. */
  readonly allowUnsafeFilesystem?: boolean
  /**
   * What the program was started with, by name of the kind of settings: flags, the environment, a file. It is their bootstrap layer,
   * between the defaults and what is set at run time.
   */
  readonly bootstrap?: Bootstrap<Declared>
  /** Told of failures in the background, and of those of a server of this store; default `process.emitWarning`, with the stack of the error. */
  readonly report?: Report
}

const optionRules = {
  directory: text(),
  memory: flag(),
  driver: oneOf(['node:sqlite', 'better-sqlite3']),
  readOnly: flag(),
  durability: oneOf(durabilities),
  history: object(),
  commitDeadlineMs: integer({ min: 0 }),
  maxCommitBytes: integer({ min: 1 }),
  allowUnsafeFilesystem: flag(),
  bootstrap: object(),
  report: fn(),
}
const historyRules = { maxAgeMs: integer({ min: 0 }), maxBytes: integer({ min: 0 }), minCommits: integer({ min: 0 }) }

/**
 * Opens the store of a state, creating or migrating it first, exactly once however many processes start together.
 *
 * Opening a directory again in the same thread, with the same definition and options, gives another handle on the same store.
 *
 * @throws TypeError for an unknown option or a wrong one
 * @throws HoldfastError DIRECTORY_INVALID · PERMISSION · UNSUPPORTED_FILESYSTEM · STORE_ABSENT · STORE_FOREIGN · STORE_MISMATCH ·
 * SETTINGS_FILE_INVALID · STORE_NEWER · STATE_CHANGED · MIGRATION_FAILED · MIGRATION_CHANGED · STORE_BUSY · STORE_CORRUPT · STORE_OPEN ·
 * DUPLICATE_SQLITE_LIBRARY · SQLITE_UNSAFE_VERSION · DRIVER_UNAVAILABLE · RUNTIME_TOO_OLD
 */
export async function openStore<Declared extends Kinds>(
  definition: StateDefinition<Declared>,
  options: StoreOptions<NoInfer<Declared>>,
): Promise<StoreOf<Declared>> {
  // First of all: a Node that is too old may not have what comes next.
  assertRuntime()
  return openStoreWith(systemSeams(), definition, options)
}

/** `openStore` with time, chance and the machine's boot given; for tests of crashes and clocks. */
export async function openStoreWith<Declared extends Kinds>(
  seams: Seams,
  definition: StateDefinition<Declared>,
  options: StoreOptions<NoInfer<Declared>>,
): Promise<StoreOf<Declared>> {
  const opening = await readOptions(seams, definition, options)
  const store = opening.directory === undefined ? await openInMemory(opening) : await openOnDisk(opening)
  return store as unknown as StoreOf<Declared>
}

async function readOptions(seams: Seams, definition: StateDefinition, options: StoreOptions): Promise<Opening> {
  const { kinds, name } = definition ?? {}
  if (typeof kinds !== 'object' || kinds === null || typeof name !== 'string')
    throw misuse('definition', 'a state made by defineState()', definition)
  checkOptions('openStore', options, optionRules)
  checkOptions('history', options?.history, historyRules)
  const { directory, memory = false, readOnly = false, report = warn } = options ?? {}
  if ((directory === undefined) !== memory) throw misuse('directory', 'a directory, or memory: true, and not both', directory)
  if (directory === '') throw misuse('directory', 'a path', directory)
  if (memory && readOnly) throw misuse('readOnly', 'false for a store in memory', readOnly)
  return {
    seams,
    definition,
    report,
    bootstrap: await readBootstrap(kinds, options.bootstrap, report),
    directory: directory === undefined ? undefined : path.resolve(directory),
    driver: options.driver ?? 'node:sqlite',
    readOnly,
    durability: options.durability ?? 'power',
    history: options.history ?? {},
    deadlineMs: options.commitDeadlineMs ?? 5000,
    maxCommitBytes: options.maxCommitBytes ?? 16 * 1024 * 1024,
    allowUnsafeFilesystem: options.allowUnsafeFilesystem ?? false,
  }
}

function assertRuntime(): void {
  const problem = findRuntimeProblem(process.versions.node)
  if (problem === undefined) return
  throw new HoldfastError('RUNTIME_TOO_OLD', problem, { running: process.versions.node, needed: '22.22.3, 24.15 or 26' })
}

/** What happens in the background has one way out (rule N2). */
const warn: Report = ({ type, message, error }) => {
  const cause = error instanceof Error ? ` ${error.message}` : ''
  const trace = error === undefined ? {} : { detail: traceOf(error) }
  process.emitWarning(`${message}${cause}`, { type: 'HoldfastWarning', code: type, ...trace })
}
