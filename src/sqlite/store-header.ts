/** What a store says of itself, read before anything is written to it. */
import { HoldfastError } from '../base/error.ts'
import type { Connection, Driver } from './driver.ts'
import type { HelperSetup } from './helper-protocol.ts'
import { sqliteCode } from './sqlite-error.ts'
import { APPLICATION_ID, FORMAT } from './tables.ts'

/** True for a database without any table: just created, or of zero bytes. */
export function isEmptyStore(connection: Connection): boolean {
  return connection.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined
}

/**
 * Looks at a store through a read-only connection, so that one which must be refused stays byte-identical (M3).
 *
 * A store that was killed while its first page was written has a rollback journal, which only a connection that may write can
 * roll back; afterwards a store has a write-ahead log and never a journal.
 *
 * @throws HoldfastError STORE_NEWER · STORE_FOREIGN · STORE_MISMATCH · STORE_ABSENT (read-only and empty)
 */
export function assertOpenable(driver: Driver, setup: HelperSetup): void {
  const { files, readOnly, isImmutable } = setup
  try {
    look(driver.open({ file: files.database, readOnly: true, immutable: isImmutable }), setup)
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_READONLY_ROLLBACK') throw error
    if (readOnly) throw absent(files.directory)
    look(driver.open({ file: files.database }), setup)
  }
}

function look(connection: Connection, { files, create, readOnly }: HelperSetup): void {
  try {
    if (isEmptyStore(connection)) {
      if (readOnly) throw absent(files.directory)
      return
    }
    assertOurs(connection, files.database)
    const meta = readMetaFacts(connection)
    const stored = String(meta.get('state_name'))
    if (stored !== create.stateName) throw mismatch(files.directory, stored, create.stateName)
    const version = Number(meta.get('state_version'))
    if (version > create.stateVersion && !readOnly) throw newer(files.directory, version, create.stateVersion, 'state')
  } finally {
    connection.close()
  }
}

export function assertOurs(connection: Connection, file: string): void {
  const id = Number(connection.prepare('PRAGMA application_id').get()?.[0])
  if (id !== APPLICATION_ID) {
    throw new HoldfastError('STORE_FOREIGN', `${file} is an SQLite database of another program.`, { file, reason: `application_id ${id}` })
  }
  const format = Number(connection.prepare('PRAGMA user_version').get()?.[0])
  if (format > FORMAT) throw newer(file, format, FORMAT, 'format')
}

export function readMetaFacts(connection: Connection): ReadonlyMap<string, string | number> {
  const rows = connection.prepare('SELECT name, value FROM hf_meta').all()
  return new Map(rows.map(([name, value]) => [String(name), value as string | number]))
}

export function absent(directory: string): HoldfastError<'STORE_ABSENT'> {
  return new HoldfastError('STORE_ABSENT', `There is no store in ${directory}.`, { directory })
}

export function newer(directory: string, stored: number, supported: number, what: 'state' | 'format'): HoldfastError<'STORE_NEWER'> {
  return new HoldfastError(
    'STORE_NEWER',
    `The store in ${directory} has ${what} version ${stored}; this program knows up to ${supported}.`,
    {
      directory,
      stored,
      supported,
      what,
    },
  )
}

function mismatch(directory: string, stored: string, declared: string): HoldfastError<'STORE_MISMATCH'> {
  return new HoldfastError('STORE_MISMATCH', `The store in ${directory} holds the state "${stored}", not "${declared}".`, {
    directory,
    stored,
    declared,
  })
}
