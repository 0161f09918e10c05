/**
 * A log in a snapshot: the newest entries of each stream, as lines `[seq, stream, revision, at, value]`.
 */
import type { Slice, SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { Connection } from '../../sqlite/driver.ts'
import type { LogEntry } from '../../state/entry.ts'

/** Entries of each stream that a snapshot holds (rule H3). */
const entriesPerStream = 200

export function readEntryLine([seq, stream, revision, at, value]: readonly unknown[]): LogEntry {
  return Object.freeze({ seq: seq as number, stream: stream as string, value, revision: revision as number, at: at as number })
}

export function logSnapshot(id: number, name: string): SnapshotSource {
  return { name, slices: (connection) => readStreams(connection, id) }
}

/** One slice a stream: its newest entries, in ascending order. Streams are found by skipping through the index. */
function* readStreams(connection: Connection, id: number): Generator<Slice, void, number> {
  const nextStream = connection.prepare(`SELECT min(stream) FROM k${id} WHERE stream > ?`)
  const firstStream = connection.prepare(`SELECT min(stream) FROM k${id}`)
  const lines = connection.prepare(`
SELECT CAST(group_concat(line, '') AS BLOB), count(*) FROM (
  SELECT '[' || seq || ',' || json_quote(stream) || ',' || revision || ',' || at || ',' || value || ']' || char(10) AS line FROM (
    SELECT seq, stream, revision, at, value FROM k${id} WHERE stream = ? ORDER BY seq DESC LIMIT ${entriesPerStream}
  ) ORDER BY seq
)`)
  for (let stream = firstStream.get()?.[0]; typeof stream === 'string'; stream = nextStream.get(stream)?.[0]) {
    const [bytes, count] = lines.get(stream) ?? []
    if (bytes instanceof Uint8Array) yield { bytes, count: Number(count) }
  }
}
