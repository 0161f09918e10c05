/**
 * A log's table.
 *
 *   k<id> (seq INTEGER PRIMARY KEY, stream TEXT, value TEXT, revision, at, crc), index (stream, seq)
 *
 * `seq` numbers the entries of all streams in the order they were appended. The newest entry is never trimmed, so the next
 * number follows from the table. `crc` is the CRC-32 of kind, seq, stream, revision and value.
 */
import * as zlib from 'node:zlib'
import type { StoredKind, TablePlan } from '../../engine/kind-runtime.ts'
import { describeKind } from '../../state/description.ts'
import type { LogKind } from '../../state/log-kind.ts'

export function planLog(id: number, stored: StoredKind | undefined, declared: LogKind): TablePlan {
  const create = [
    `CREATE TABLE k${id} (seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL)`,
    `CREATE INDEX k${id}_stream ON k${id} (stream, seq)`,
  ]
  return { description: { ...describeKind(declared) }, steps: stored === undefined ? create.map((sql) => [sql]) : [], kept: [] }
}

export interface EntryRow {
  readonly seq: number
  readonly stream: string
  readonly text: string
  readonly revision: number
}

/** The checksum of an entry (rule P6). */
export function entryCrc(id: number, { seq, stream, revision, text }: EntryRow): number {
  return zlib.crc32(`${id}\n${seq}\n${stream}\n${revision}\n${text}`)
}
