/** What a store has on disk, read through the same SQLite library that the store uses; never beside an open store of another one. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DriverName } from '../../src/index.ts'
import type { Row } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'

export interface Tables {
  all(sql: string): readonly Row[]
  /** Changes what is there, as damage or another program would. */
  exec(sql: string): void
}

/** Opens the tables of a store until the running test is over. */
export async function openTables(directory: string, driver: DriverName = 'node:sqlite'): Promise<Tables> {
  const connection = (await loadDriver(driver)).open({ file: join(directory, 'store.db') })
  onTestFinished(() => connection.close())
  return { all: (sql) => connection.prepare(sql).all(), exec: (sql) => connection.exec(sql) }
}
