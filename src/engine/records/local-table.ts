/**
 * The table of records that belong to one process (rule D4): a temporary one of its connection. It takes part in transactions, is
 * rolled back with them, and is on no disk, in no history and in no backup.
 */
import type { Connection } from '../../sqlite/driver.ts'
import type { Step } from '../../sqlite/helper-protocol.ts'

/** What stands before the names of such tables and their indexes where they are created. */
export const localSchema = 'temp.'

/** Numbers of kinds that are in no store begin here; those of stored kinds never come so far. */
export const firstLocalId = 1_000_000

/** Makes the table on `connection`, where it is not there yet, with what it holds on the connection before. */
export function openLocalTable(connection: Connection, id: number, { steps, before }: LocalTable): void {
  const isThere = connection.prepare('SELECT 1 FROM temp.sqlite_master WHERE name = ?').get(`k${id}`) !== undefined
  if (isThere) return
  for (const [sql] of steps) connection.exec(sql)
  if (before?.isOpen === true) copyRows(before, connection, `${localSchema}k${id}`)
}

export interface LocalTable {
  /** SQL that creates it. */
  readonly steps: readonly Step[]
  /** The connection that is given up, which holds the records. */
  readonly before: Connection | undefined
}

function copyRows(from: Connection, to: Connection, table: string): void {
  const rows = from.prepare(`SELECT * FROM ${table}`).all()
  const [first] = rows
  if (first === undefined) return
  const insert = to.prepare(`INSERT INTO ${table} VALUES (${first.map(() => '?').join(', ')})`)
  for (const row of rows) insert.execute(...row)
}
