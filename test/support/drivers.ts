/** One suite for both SQLite drivers. */
import { describe } from 'vitest'
import type { DriverName } from '../../src/index.ts'

export const drivers: readonly DriverName[] = ['node:sqlite', 'better-sqlite3']

/** Describes a suite once for each driver, under its name. */
export function eachDriver(suite: (driver: DriverName) => void): void {
  describe.each(drivers)('%s', suite)
}
