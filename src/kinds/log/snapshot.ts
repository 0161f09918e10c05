/**
 * A log in a snapshot: the newest entries of each stream, as lines `[seq, stream, revision, at, value]`.
 */
import { none, type Slice, type SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { type Condition, conditionSql } from '../../state/condition.ts'
import type { LogEntry } from '../../state/entry.ts'

/** Entries of each stream that a snapshot holds (rule H3). */
const entriesPerStream = 200

/** Entries that are looked at in one slice, where not all are shown. */
const entriesPerWindow = 2000

export function readEntryLine([seq, stream, revision, at, value]: readonly unknown[]): LogEntry {
  return Object.freeze({ seq: seq as number, stream: stream as string, value, revision: revision as number, at: at as number })
}

export function logSnapshot(id: number, name: string): SnapshotSource {
  return { name, slices: (connection, conditions = []) => readStreams(connection, id, conditions) }
}

/** Its streams one after the other, found by skipping through the index; of each the newest entries, in ascending order. */
function* readStreams(connection: Connection, id: number, conditions: readonly Condition[]): Generator<Slice, void, number> {
  yield none
  const nextStream = connection.prepare(`SELECT min(stream) FROM k${id} WHERE stream > ?`)
  const firstStream = connection.prepare(`SELECT min(stream) FROM k${id}`)
  const newest = prepareNewest(connection, id, conditions)
  for (let stream = firstStream.get()?.[0]; typeof stream === 'string'; stream = nextStream.get(stream)?.[0])
    yield* conditions.length === 0 ? [newest(stream, Infinity, entriesPerStream)] : goBack(newest, stream)
}

/** Some of a stream's entries. */
interface Window extends Slice {
  /** The number of the oldest entry that was looked at; undefined when there was none. */
  readonly from: number | undefined
}

/** The newest entries of a stream that are shown, of a window of those before a number. */
type Newest = (stream: string, before: number, most: number) => Window

function prepareNewest(connection: Connection, id: number, conditions: readonly Condition[]): Newest {
  const { sql, binds } = conditionSql(conditions)
  const look = sql === '' ? entriesPerStream : entriesPerWindow
  const statement = connection.prepare(`
WITH looked AS MATERIALIZED (
  SELECT seq, stream, revision, at, value FROM k${id} WHERE stream = ? AND seq < ? ORDER BY seq DESC LIMIT ${look}
), shown AS MATERIALIZED (
  SELECT seq, '[' || seq || ',' || json_quote(stream) || ',' || revision || ',' || at || ',' || value || ']' || char(10) AS line FROM looked
  ${sql === '' ? '' : `WHERE ${sql}`} ORDER BY seq DESC LIMIT ?
)
SELECT CAST((SELECT group_concat(line, '') FROM (SELECT line FROM shown ORDER BY seq)) AS BLOB),
  (SELECT count(*) FROM shown), (SELECT min(seq) FROM looked)`)
  return (stream, before, most) => {
    const [bytes, count, from] = statement.get(stream, Math.min(before, Number.MAX_SAFE_INTEGER), ...binds, most) ?? []
    const slice = bytes instanceof Uint8Array ? { bytes, count: Number(count) } : none
    return { ...slice, from: from === null || from === undefined ? undefined : Number(from) }
  }
}

/** Where not every entry is shown there may be many that are not between those that are: windows are looked at from the newest back. */
function* goBack(newest: Newest, stream: string): Generator<Slice, void, number> {
  const found: Slice[] = []
  let left = entriesPerStream
  for (let before: number | undefined = Infinity; before !== undefined && left > 0;) {
    const window: Window = newest(stream, before, left)
    found.push(window)
    left -= window.count
    before = window.from
    yield none
  }
  yield { bytes: Buffer.concat(found.toReversed().map(({ bytes }) => bytes)), count: entriesPerStream - left }
}
