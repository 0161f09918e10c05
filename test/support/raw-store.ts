/** The files of a store without Holdfast: to look into them, and to do what no program of Holdfast's does. */
import { join } from 'node:path'
import type { DriverName } from '../../src/index.ts'
import type { Bind, Connection, Row } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'

/**
 * Runs statements on a store's database through a connection of its own; answers with the rows of the last one.
 *
 * Where the store is open in this process, `driver` must be the one it is open with.
 */
export async function raw(
  directory: string,
  statements: readonly (string | readonly [string, ...Bind[]])[],
  driver: DriverName = 'node:sqlite',
): Promise<Row[]> {
  const connection = (await loadDriver(driver)).open({ file: join(directory, 'store.db') })
  try {
    return run(connection, statements)
  } finally {
    connection.close()
  }
}

/** As `raw`, on a connection that is open already. */
export function run(connection: Connection, statements: readonly (string | readonly [string, ...Bind[]])[]): Row[] {
  let rows: Row[] = []
  for (const statement of statements) {
    const [sql, ...binds] = typeof statement === 'string' ? [statement] : statement
    if (/^\s*(SELECT|PRAGMA|EXPLAIN)/i.test(sql)) rows = connection.prepare(sql).all(...binds)
    else connection.prepare(sql).run(...binds)
  }
  return rows
}
