/** Runs in a child process on a file system of its own, which it fills. */
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, DriverName, Row } from '../../src/sqlite/driver.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { applyPragmas } from '../../src/sqlite/pragmas.ts'
import { sqliteCode } from '../../src/sqlite/sqlite-error.ts'
import { prepareDirectory } from '../../src/sqlite/store-files.ts'

type Outcome = readonly string[]

/** Does to a store what an application would, with and without space, and tells what came of each step. */
export async function fillAndRefill(mountPoint: string, name: DriverName): Promise<Record<string, Outcome | Row[]>> {
  const driver = await loadDriver(name)
  const { database } = prepareDirectory(join(mountPoint, 'state'), { readOnly: false, allowUnsafeFilesystem: false })
  const filler = join(mountPoint, 'filler')
  const connection = driver.open({ file: database })
  const create = (): void => {
    applyPragmas(connection, 'writer', database)
    connection.exec("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('first')")
  }
  const insert = (): unknown => connection.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(300_000))
  const count = (on: Connection): Row[] => on.prepare('SELECT count(*) FROM t').all()

  fill(filler)
  const createWhenFull = outcome(create)
  truncateSync(filler, 0)
  const created = outcome(create)
  fill(filler)
  const insertWhenFull = outcome(insert)
  const rowsWhenFull = count(connection)
  const checkpointWhenFull = outcome(() => connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get())
  truncateSync(filler, 0)
  const inserted = outcome(insert)
  const rows = count(connection)
  connection.close()

  fill(filler)
  const second = driver.open({ file: database })
  const openWhenFull = outcome(() => count(second))
  truncateSync(filler, 0)
  const opened = outcome(() => count(second))
  second.close()
  return {
    createWhenFull,
    create: created,
    insertWhenFull,
    rowsWhenFull,
    checkpointWhenFull,
    insert: inserted,
    rows,
    openWhenFull,
    open: opened,
  }
}

function fill(path: string): void {
  const descriptor = openSync(path, 'a')
  const page = Buffer.alloc(4096)
  try {
    while (writeSync(descriptor, page) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(descriptor)
  }
}

function outcome(action: () => unknown): Outcome {
  try {
    action()
    return ['done']
  } catch (error) {
    return [String((error as { code?: unknown }).code), String(sqliteCode(error))]
  }
}
