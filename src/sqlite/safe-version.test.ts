import { expect, test } from 'vitest'
import { isHoldfastError } from '../base/error.ts'
import { assertSafeSqlite } from './safe-version.ts'

test.each(['3.51.3', '3.51.10', '3.52.0', '3.53.4', '3.100.0', '4.0.0', '3.50.7', '3.50.12', '3.44.6', '3.44.10'])(
  '[D5] SQLite %s is taken',
  (version) => {
    expect(() => assertSafeSqlite(version, 'node:sqlite')).not.toThrow()
  },
)

test.each(['3.51.2', '3.51.0', '3.50.6', '3.50.0', '3.49.9', '3.45.7', '3.44.5', '3.43.9', '3.7.17', '2.8.17', '', 'unknown'])(
  '[D5] SQLite "%s" is refused, naming what passes',
  (version) => {
    try {
      assertSafeSqlite(version, 'better-sqlite3')
      expect.unreachable()
    } catch (error) {
      if (!isHoldfastError(error, 'SQLITE_UNSAFE_VERSION')) throw error
      expect(error.details).toEqual({ version, driver: 'better-sqlite3' })
      expect(error.message).toMatch(/Node 22\.22\.3, 24\.15 or 26, or better-sqlite3 13/)
    }
  },
)
