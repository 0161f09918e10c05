/** Changes the database of a closed store, as damage or another program would. */
import { join } from 'node:path'
import type { DriverName } from '../../src/index.ts'
import type { Bind } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'

export async function raw(
  directory: string,
  statements: readonly (string | readonly [string, ...Bind[]])[],
  driver: DriverName = 'node:sqlite',
): Promise<void> {
  const connection = (await loadDriver(driver)).open({ file: join(directory, 'store.db') })
  try {
    for (const statement of statements) {
      if (typeof statement === 'string') connection.exec(statement)
      else connection.prepare(statement[0]).run(...statement.slice(1))
    }
  } finally {
    connection.close()
  }
}
