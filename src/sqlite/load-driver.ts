import { createRequire } from 'node:module'
import type { Driver, DriverName } from './driver.ts'
import { importDriver, unavailable } from './import-driver.ts'

/**
 * Loads a driver by name, `better-sqlite3` from where Holdfast is installed or from the path.
 *
 * @throws HoldfastError DRIVER_UNAVAILABLE
 */
export async function loadDriver(name: DriverName, betterSqlitePath?: string): Promise<Driver> {
  return await importDriver(name, name === 'node:sqlite' ? undefined : (betterSqlitePath ?? resolveBetterSqlite()))
}

/**
 * The absolute path of the `better-sqlite3` that Holdfast uses, for a worker, whose own text has no place in the file system.
 *
 * @throws HoldfastError DRIVER_UNAVAILABLE
 */
export function resolveBetterSqlite(): string {
  try {
    return createRequire(import.meta.url).resolve('better-sqlite3')
  } catch (error) {
    throw unavailable('better-sqlite3', error)
  }
}
