/**
 * A snapshot on the wire: lines of JSON.
 *
 *   {"holdfast":1,"state":{…},"cursor":"…","kinds":{…}}     what it is, and of when
 *   {"kind":"hosts","count":254}                            the lines of this kind follow
 *   [key, revision, at, value]                              a record or document
 *   [seq, stream, revision, at, value]                      an entry of a log
 *   {"end":254}                                             that was all: so many records and entries
 *
 * What ends before its last line is no snapshot.
 */
import type { KindDescription } from '../state/description.ts'
import type { Entry, LogEntry } from '../state/entry.ts'

/** The first line. */
export interface SnapshotHeader {
  readonly holdfast: number
  readonly state: { readonly name: string; readonly version: number }
  readonly cursor: string
  readonly kinds: { readonly [kind: string]: KindDescription }
}

export function headerLine(header: SnapshotHeader): string {
  return `${JSON.stringify(header)}\n`
}

export function kindLine(kind: string, count: number): string {
  return `${JSON.stringify({ kind, count })}\n`
}

export function endLine(total: number): string {
  return `{"end":${total}}\n`
}

/** A line of a record or document, or of an entry of a log, as it was parsed. */
export type EntryLine =
  | readonly [key: string, revision: number, at: number, value: unknown]
  | readonly [seq: number, stream: string, revision: number, at: number, value: unknown]

export function toEntry(line: EntryLine): Entry | LogEntry {
  if (line.length === 4) return { value: line[3], revision: line[1], at: line[2] }
  const [seq, stream, revision, at, value] = line
  return { seq, stream, value, revision, at }
}
