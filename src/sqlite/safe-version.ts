/** Which SQLite releases hold the fix of the WAL-reset corruption (https://www.sqlite.org/wal.html#walresetbug). */
import { HoldfastError } from '../base/error.ts'
import type { DriverName } from './driver.ts'

/**
 * Refuses an SQLite that can corrupt a file several processes write: older than 3.51.3, but for 3.50.7+ and 3.44.6+.
 *
 * @throws HoldfastError SQLITE_UNSAFE_VERSION
 */
export function assertSafeSqlite(version: string, driver: DriverName): void {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)
  const [major = 0, minor = 0, patch = 0] = parts?.slice(1).map(Number) ?? []
  if (isFixed(major, minor, patch)) return
  throw new HoldfastError('SQLITE_UNSAFE_VERSION', `SQLite ${version} of ${driver} can corrupt a store that several processes write.`, {
    version,
    driver,
  })
}

function isFixed(major: number, minor: number, patch: number): boolean {
  if (major !== 3) return major > 3
  if (minor === 44) return patch >= 6
  if (minor === 50) return patch >= 7
  return minor > 51 || (minor === 51 && patch >= 3)
}
