/** Rows of the kinds' tables: each sound by itself (checksum, body, index cells), and all of them what the fold says (P6). */
import { crc32 } from 'node:zlib'
import type { SQLOutputValue } from 'node:sqlite'
import { isWhole } from '../record-body.ts'
import type { Folded } from './fold.ts'
import { hashOf } from './fold.ts'
import type { RawCommit, RawKind, RawRow } from './raw-store.ts'

/** Each row by itself. */
export function checkRows(kind: RawKind, commits: ReadonlyMap<number, RawCommit>): string[] {
  const problems: string[] = []
  for (const row of kind.rows) {
    const where = `${kind.name} ${row.key}`
    const { stream, revision, text, at, crc } = row
    const place = stream === undefined ? `${row.key}\n${revision}` : `${row.key}\n${stream}\n${revision}`
    if (crc !== crc32(`${kind.id}\n${place}\n${text}`)) problems.push(`${where}: wrong checksum`)
    if (!isWhole(JSON.parse(text))) problems.push(`${where}: its body does not match its own hash`)
    const commit = commits.get(revision)
    if (commit !== undefined && commit.at !== at) problems.push(`${where}: written at ${at}, its commit at ${commit.at}`)
    problems.push(...checkCells(kind, row))
  }
  return [...problems, ...checkRetention(kind)]
}

/** The rows against the fold. */
export function compareRows(kind: RawKind, folded: ReadonlyMap<string | number, Folded>): string[] {
  const problems: string[] = []
  for (const { key, revision, stream, text } of kind.rows) {
    const wanted = folded.get(key)
    const where = `${kind.name} ${key}`
    if (wanted === undefined) problems.push(`${where} at revision ${revision}: the history does not make it`)
    else if (wanted.revision !== revision) problems.push(`${where} is at revision ${revision}; the history says ${wanted.revision}`)
    else if (wanted.hash !== hashOf(text) || wanted.stream !== stream) problems.push(`${where}: is not what revision ${revision} wrote`)
  }
  const keys = new Set(kind.rows.map(({ key }) => key))
  for (const [key, { revision }] of folded) if (!keys.has(key)) problems.push(`${kind.name} ${key} of revision ${revision} is missing`)
  return problems
}

/** Index cells, as rule V3 encodes what is no string or number. */
function checkCells({ name, description }: RawKind, { key, text, cells }: RawRow): string[] {
  const { layout } = description
  if (layout === undefined) return []
  const value = JSON.parse(text) as { readonly [field: string]: unknown }
  const wanted = new Map<string, SQLOutputValue>(layout.fields.map((field, i) => [`f${i}`, cellOf(value[field])]))
  for (const { unique, fields, number } of layout.indexes) {
    if (unique) wanted.set(`u${number}`, fields.some((field) => value[field] === undefined) ? String(key) : '')
  }
  return [...wanted].filter(([column, cell]) => cells.get(column) !== cell).map(([column]) => `${name} ${key}: wrong index cell ${column}`)
}

function cellOf(value: unknown): SQLOutputValue {
  if (value === undefined) return -Infinity
  if (typeof value === 'boolean') return value ? -1.7976931348623155e308 : -Number.MAX_VALUE
  return value as SQLOutputValue
}

/** A log keeps an eighth more than its retention at most. */
function checkRetention({ name, description: { retention = {} }, rows }: RawKind): string[] {
  const { entries = Infinity, entriesPerStream = Infinity } = retention
  const lengths = new Map<string, number>()
  for (const { stream = '' } of rows) lengths.set(stream, (lengths.get(stream) ?? 0) + 1)
  const long = [...lengths].filter(([, length]) => length > entriesPerStream * 1.125)
  const problems = long.map(([stream, length]) => `${name}: stream "${stream}" has ${length} entries`)
  if (rows.length > entries * 1.125) problems.push(`${name}: has ${rows.length} entries`)
  return problems
}
