/** Records as lines of a snapshot: `[key, revision, at, value]`, in the order of the table. */
import type { Connection } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import { type Condition, conditionSql } from '../../state/condition.ts'
import { none, type Slice, type SnapshotSource } from '../snapshot/snapshot-source.ts'

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
  const chosen = only === undefined ? '' : `AND key IN (${only.map((key) => `'${key}'`).join(', ')})`
  return { name, slices: (connection, conditions = []) => readSlices(connection, { id, chosen, conditions }) }
}

interface Records {
  readonly id: number
  /** A part of the WHERE. */
  readonly chosen: string
  readonly conditions: readonly Condition[]
}

function* readSlices(connection: Connection, { id, chosen, conditions }: Records): Generator<Slice, void, number> {
  const { sql, binds } = conditionSql(conditions)
  const isShown = sql === '' ? '' : `FILTER (WHERE ${sql})`
  const statement = connection.prepare(`
SELECT CAST(group_concat(line, '') ${isShown} AS BLOB), max(row), count(*) ${isShown}, count(*) FROM (
  SELECT row, value, '[' || json_quote(key) || ',' || revision || ',' || at || ',' || value || ']' || char(10) AS line
  FROM k${id} WHERE row > ? ${chosen} ORDER BY row ${boundLimit}
)`)
  let rows: number = yield none
  for (let after = 0; ;) {
    const [bytes, last, count, read] = statement.get(...binds, ...binds, after, rows) ?? []
    if (read === 0 || read === undefined) return
    after = Number(last)
    rows = yield bytes instanceof Uint8Array ? { bytes, count: Number(count) } : none
  }
}
