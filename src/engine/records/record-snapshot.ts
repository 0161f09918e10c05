/** Records as lines of a snapshot: `[key, revision, at, value]`, in the order of the table. */
import type { Connection } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import type { Slice, SnapshotSource } from '../snapshot/snapshot-source.ts'

/** A record of a snapshot. */
export interface SnapshotRecord<Value = unknown> {
  readonly key: string
  readonly value: Value
  readonly revision: number
  readonly at: number
}

export function readRecordLine([key, revision, at, value]: readonly unknown[]): SnapshotRecord {
  return Object.freeze({ key: key as string, value, revision: revision as number, at: at as number })
}

/** @param only keys of the records that may be in it, made of letters and digits; all when not given */
export function recordSnapshot(id: number, name: string, only?: readonly string[]): SnapshotSource {
  const where = only === undefined ? '' : `AND key IN (${only.map((key) => `'${key}'`).join(', ')})`
  const sql = `
SELECT CAST(group_concat(line, '') AS BLOB), max(row), count(*) FROM (
  SELECT row, '[' || json_quote(key) || ',' || revision || ',' || at || ',' || value || ']' || char(10) AS line
  FROM k${id} WHERE row > ? ${where} ORDER BY row ${boundLimit}
)`
  return { name, slices: (connection) => readSlices(connection, sql) }
}

function* readSlices(connection: Connection, sql: string): Generator<Slice, void, number> {
  const statement = connection.prepare(sql)
  let rows: number = yield { bytes: new Uint8Array(0), count: 0 }
  for (let after = 0; ;) {
    const [bytes, last, count] = statement.get(after, rows) ?? []
    if (!(bytes instanceof Uint8Array) || count === 0) return
    after = Number(last)
    rows = yield { bytes, count: Number(count) }
  }
}
