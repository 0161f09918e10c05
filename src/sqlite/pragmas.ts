/** Every setting of a connection, set and read back at open, because builds and drivers differ in their defaults. */
import { HoldfastError } from '../base/error.ts'
import type { Connection } from './driver.ts'

/** `writer`: the connection that commits. `helper`: the one that checkpoints. `reader`: never writes, by `query_only`. */
export type ConnectionRole = 'writer' | 'helper' | 'reader'

/** Page cache of a connection in KiB, negative as SQLite wants it: 8 MiB, whatever the page size. */
export const cacheSizeKib = -8192

/** `synchronous=NORMAL`: SQLite syncs the WAL only at checkpoints; durability is the helper's (D1). */
const synchronousNormal = 1
const tempStoreMemory = 2

/**
 * Applies the settings of `role`; `journal_mode` first needs the lock when the file is new.
 *
 * Waiting is the callers': `busy_timeout` is 0, so this can throw STORE_BUSY while other processes open, and may be called again.
 *
 * @throws HoldfastError PRAGMA_REFUSED · STORE_BUSY · whatever reading the file's first page brings to light
 */
export function applyPragmas(connection: Connection, role: ConnectionRole, file: string): void {
  apply(connection, 'busy_timeout', 0)
  apply(connection, 'trusted_schema', 0)
  apply(connection, 'cell_size_check', 1)
  apply(connection, 'mmap_size', 0)
  apply(connection, 'temp_store', tempStoreMemory)
  apply(connection, 'cache_size', cacheSizeKib)
  apply(connection, 'foreign_keys', 1)
  if (role !== 'reader') applyJournalMode(connection, file === ':memory:' ? 'memory' : 'wal')
  apply(connection, 'synchronous', synchronousNormal)
  apply(connection, 'wal_autocheckpoint', 0)
  apply(connection, 'query_only', role === 'reader' ? 1 : 0)
}

/** `mmap_size` has no value, and gives no row, where nothing can be mapped: in memory, or in builds without it. */
function apply(connection: Connection, pragma: string, wanted: number): void {
  connection.exec(`PRAGMA ${pragma} = ${wanted}`)
  const row = connection.prepare(`PRAGMA ${pragma}`).get()
  const got = row === undefined && pragma === 'mmap_size' ? 0 : row?.[0]
  if (got !== wanted) throw refused(pragma, wanted, got)
}

function applyJournalMode(connection: Connection, wanted: string): void {
  connection.exec(`PRAGMA journal_mode = ${wanted}`)
  const got = connection.prepare('PRAGMA journal_mode').get()?.[0]
  if (got !== wanted) throw refused('journal_mode', wanted, got)
}

function refused(pragma: string, wanted: unknown, got: unknown): HoldfastError {
  const details = { pragma, wanted: String(wanted), got: String(got) }
  return new HoldfastError('PRAGMA_REFUSED', `SQLite kept ${pragma} at ${details.got}; ${details.wanted} is needed.`, details)
}
