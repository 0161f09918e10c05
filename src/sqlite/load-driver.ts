/** Loads a driver by name. Nothing links to a library statically: an older Node, or one without the peer, still starts. */
import { createRequire } from 'node:module'
import { HoldfastError } from '../base/error.ts'
import { type BetterSqlite, createBetterDriver } from './better-driver.ts'
import type { Driver, DriverName } from './driver.ts'
import { createNodeDriver, type NodeSqlite } from './node-driver.ts'

/**
 * Loads the library and asks it for its version, so that a driver that is returned works.
 *
 * @param betterSqlitePath absolute path from `resolveBetterSqlite`, for a worker whose own URL has no place in the file system
 * @throws HoldfastError DRIVER_UNAVAILABLE
 */
export async function loadDriver(name: DriverName, betterSqlitePath?: string): Promise<Driver> {
  try {
    return name === 'node:sqlite' ? createNodeDriver(await nodeSqlite()) : betterDriver(betterSqlitePath ?? resolveBetterSqlite())
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw unavailable(name, error)
  }
}

/**
 * The absolute path of the `better-sqlite3` that Holdfast uses, for `loadDriver` in another thread.
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

async function nodeSqlite(): Promise<NodeSqlite> {
  const builtin = process.getBuiltinModule?.('node:sqlite')
  return builtin ?? ((await import('node:sqlite')) satisfies NodeSqlite)
}

function betterDriver(path: string): Driver {
  return createBetterDriver(createRequire(path)(path) as BetterSqlite, path)
}

function unavailable(driver: DriverName, cause: unknown): HoldfastError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new HoldfastError('DRIVER_UNAVAILABLE', `Cannot load ${driver}: ${reason}.`, { driver, reason }, { cause })
}
