/** A driver by name and place. Nothing links to a library statically: an older Node, or one without the peer, still starts. */
import { createRequire } from 'node:module'
import { HoldfastError } from '../base/error.ts'
import { type BetterSqlite, createBetterDriver } from './better-driver.ts'
import type { Driver, DriverName } from './driver.ts'
import { createNodeDriver, type NodeSqlite } from './node-driver.ts'

/**
 * Loads the library and asks it for its version, so that a driver that is returned works.
 *
 * @param betterSqlitePath absolute path of `better-sqlite3`; `node:sqlite` needs none
 * @throws HoldfastError DRIVER_UNAVAILABLE
 */
export async function importDriver(name: DriverName, betterSqlitePath: string | undefined): Promise<Driver> {
  try {
    return betterSqlitePath === undefined ? createNodeDriver(await nodeSqlite()) : betterDriver(betterSqlitePath)
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw unavailable(name, error)
  }
}

async function nodeSqlite(): Promise<NodeSqlite> {
  const builtin = process.getBuiltinModule?.('node:sqlite')
  return builtin ?? ((await import('node:sqlite')) satisfies NodeSqlite)
}

function betterDriver(path: string): Driver {
  return createBetterDriver(createRequire(path)(path) as BetterSqlite, path)
}

export function unavailable(driver: DriverName, cause: unknown): HoldfastError {
  // Of a package that is not there Node lists, below the sentence, who asked for it.
  const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  return new HoldfastError('DRIVER_UNAVAILABLE', `Cannot load ${driver}: ${reason}.`, { driver, reason }, { cause })
}
