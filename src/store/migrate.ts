/**
 * Brings a store of an older version to the declared one (rules M1, M2).
 *
 * All pending steps run in one SQLite transaction, each as a commit of its own: either the store is at the new version with
 * every changed record valid, or it is as it was and the old version opens it. Followers cannot replay a migration, so the
 * horizon moves to it and they reset.
 */
import * as path from 'node:path'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Backend } from '../engine/backend.ts'
import { History } from '../engine/history/history.ts'
import { randomName } from '../engine/identity.ts'
import { Ledger } from '../engine/ledger.ts'
import { untilFree } from '../engine/lock-wait.ts'
import type { Seams } from '../engine/seams.ts'
import { readStoredKinds } from '../engine/stored-kinds.ts'
import type { StateDefinition } from '../state/define-state.ts'
import type { Migration } from '../state/migration.ts'
import type { Connection } from '../sqlite/driver.ts'
import { writeMeta } from '../sqlite/tables.ts'
import { findDuplicate } from './duplicates.ts'
import { adoptKeys, adoptParents, assertNoOrphans, assertValid, failed } from './migration-check.ts'
import { UntypedStore } from './migration-tx.ts'
import { countLayout, planSteps } from './reconcile.ts'
import { isOlder, readStateVersion } from './state-version.ts'

export interface MigrateOptions {
  readonly backend: Backend
  readonly definition: StateDefinition
  /** Where the copy made before the first migration is kept; undefined for a store in memory. */
  readonly backups: string | undefined
  readonly directory: string
  readonly deadlineMs: number
  readonly seams: Seams
}

/** How the names of backups made here begin. */
const backupPrefix = 'before-migration-of-'

/** @throws HoldfastError STORE_NEWER · MIGRATION_FAILED · MIGRATION_CHANGED · STATE_CHANGED · UNIQUE_CONFLICT · STORE_BUSY */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { backend, definition, directory, seams } = options
  assertUnchanged(backend.main, definition.migrations)
  if (!isOlder(backend.main, definition.version, directory)) return
  await untilFree(() => backend.main.exec('BEGIN IMMEDIATE'), { ...seams, deadlineMs: options.deadlineMs })
  seams.observe('migration', 'begin')
  try {
    if (isOlder(backend.main, definition.version, directory)) {
      await backUp(options)
      migrateInTransaction(options)
    }
    backend.main.exec('COMMIT')
  } catch (error) {
    const duplicate = isHoldfastError(error) ? undefined : findDuplicate(backend.main, definition.kinds)
    if (backend.main.inTransaction) backend.main.exec('ROLLBACK')
    throw duplicate ?? error
  } finally {
    seams.observe('migration', 'end')
  }
  await backend.sync()
}

/** Copies what the first pending step will change: under the lock, so that nothing comes between, and only by whoever migrates. */
async function backUp({ backend, definition, backups, seams }: MigrateOptions): Promise<void> {
  const stored = readStateVersion(backend.main)
  const hasSteps = definition.migrations.some(({ version }) => version > stored)
  if (hasSteps && backups !== undefined) await backend.backup(backupName(backups, stored, seams.clock.now()), backupPrefix)
}

/** A step that ran keeps its version and its name. */
function assertUnchanged(main: Connection, declared: readonly Migration[]): void {
  for (const [version, name] of main.prepare('SELECT version, name FROM hf_migration').all()) {
    const now = declared.find((migration) => migration.version === version || migration.name === name)
    if (now === undefined || (now.version === version && now.name === name)) continue
    const details = { version: Number(version), recorded: String(name), declared: `${now.version} "${now.name}"` }
    throw new HoldfastError(
      'MIGRATION_CHANGED',
      `Migration ${details.version} "${details.recorded}" ran in this store; the program declares it as ${details.declared}.`,
      details,
    )
  }
}

function backupName(directory: string, version: number, now: number): string {
  return path.join(directory, `${backupPrefix}v${version}-${new Date(now).toISOString().replaceAll(':', '')}-${randomName()}.db`)
}

function migrateInTransaction(options: MigrateOptions): void {
  const { backend, definition, directory, seams } = options
  const { main } = backend
  const stored = readStateVersion(main)
  const ledger = new Ledger(directory)
  ledger.attach(main)
  const history = new History(ledger)
  history.attach(main)
  const view = new UntypedStore(main, definition.kinds, readStoredKinds(main))
  const instance = randomName()
  let last: Migration | undefined
  for (const migration of definition.migrations.filter(({ version }) => version > stored)) {
    runStep(migration, { main, view, ledger, history, instance, seams })
    last = migration
  }
  if (last !== undefined) {
    assertValid(main, view, definition.kinds, last)
    moveHorizon(main, ledger)
  }
  view.recount()
  view.end()
  const write = main.prepare(writeMeta)
  write.run('state_version', definition.version)
  const layout = main.prepare("SELECT value FROM hf_meta WHERE name = 'layout'").get() ?? null
  for (const [sql, ...binds] of [...planAfter(options, last), countLayout(layout)]) main.prepare(sql).run(...binds)
  assertNoOrphans(main, definition, last)
}

/** The steps from the kinds as the migrations left them to the declared ones. */
function planAfter({ backend, definition }: MigrateOptions, last: Migration | undefined): ReturnType<typeof planSteps> {
  if (last !== undefined) adoptKeys(backend.main, definition.kinds, last)
  adoptParents(backend.main, definition.kinds)
  return planSteps(backend.main, definition.kinds)
}

interface StepParts {
  readonly main: Connection
  readonly view: UntypedStore
  readonly ledger: Ledger
  readonly history: History
  readonly instance: string
  readonly seams: Seams
}

function runStep({ version, name, up }: Migration, { main, view, ledger, history, instance, seams }: StepParts): void {
  const revision = ledger.head.revision + 1
  const at = seams.clock.now()
  const startedAt = seams.clock.elapsed()
  view.stamp = { revision, at }
  try {
    const result: unknown = up(view)
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      void Promise.resolve(result).catch(() => undefined)
      throw new TypeError('up returned a promise; it must be synchronous')
    }
  } catch (error) {
    throw failed(version, name, {
      failures: [isHoldfastError(error) || error instanceof Error ? error.message : String(error)],
      cause: error,
    })
  }
  history.append(
    { revision, at, instance, counter: version, actor: null, label: `migration: ${name}`, changes: '[]' },
    Number.POSITIVE_INFINITY,
  )
  const durationMs = Math.round(seams.clock.elapsed() - startedAt)
  main
    .prepare('INSERT INTO hf_migration (version, name, at, duration_ms, revision) VALUES (?, ?, ?, ?, ?)')
    .run(version, name, at, durationMs, revision)
}

/** What a migration did cannot be replayed: the history begins anew after it. */
function moveHorizon(main: Connection, { head }: Ledger): void {
  main.prepare('DELETE FROM hf_commit WHERE revision < ?').run(head.revision)
  main.prepare('DELETE FROM hf_request WHERE revision < ?').run(head.revision)
  const write = main.prepare(writeMeta)
  write.run('horizon_revision', head.revision)
  write.run('horizon_chain', head.chain)
  write.run('horizon_position', head.position)
}
