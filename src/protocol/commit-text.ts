/**
 * One commit on the wire, as short as JSON allows: `[at, change, change, …]`, and `{actor, label}` at the end when it has one of the two.
 *
 * The cursor travels beside it (the id of an SSE message, the first item of a line of a poll) and carries the revision.
 *
 *   put     [kind, key, value]        value at home   [kind, key, null, 1]
 *   delete  [kind, key]
 *   append  [kind, seq, stream, value]                [kind, seq, stream]
 *   trim    [kind, -through, stream | null]
 */
import { parseFrozen } from './frozen-json.ts'

/** A change as a replica needs it: what is there now, without what was there before. */
export type ReplicaChange =
  | { readonly kind: string; readonly op: 'put'; readonly key: string; readonly value?: unknown }
  | { readonly kind: string; readonly op: 'delete'; readonly key: string }
  | { readonly kind: string; readonly op: 'append'; readonly seq: number; readonly stream: string; readonly value?: unknown }
  | { readonly kind: string; readonly op: 'trim'; readonly stream: string | null; readonly through: number }

/** A commit as a replica gets it; without changes it is a bookmark. */
export interface ReplicaCommit {
  readonly revision: number
  readonly cursor: string
  /** Milliseconds since 1970, by the clock of the process that committed. */
  readonly at: number
  readonly actor: string | undefined
  readonly label: string | undefined
  readonly changes: readonly ReplicaChange[]
}

/** What is encoded of a commit; `Commit` of the store is one. */
export type EncodableCommit = Pick<ReplicaCommit, 'at' | 'actor' | 'label' | 'changes'>

/** The text of a commit without its cursor; one line. */
export function encodeCommit({ at, actor, label, changes }: EncodableCommit): string {
  const parts: unknown[] = [at, ...changes.map(toRow)]
  if (actor !== undefined || label !== undefined) parts.push({ actor, label })
  return JSON.stringify(parts)
}

function toRow(change: ReplicaChange): readonly unknown[] {
  const { kind } = change
  switch (change.op) {
    case 'put':
      return change.value === undefined ? [kind, change.key, null, 1] : [kind, change.key, change.value]
    case 'delete':
      return [kind, change.key]
    case 'append':
      return change.value === undefined ? [kind, change.seq, change.stream] : [kind, change.seq, change.stream, change.value]
    default:
      return [kind, -change.through, change.stream]
  }
}

/**
 * Reads what `encodeCommit` wrote. Values are frozen, deeply.
 *
 * @throws SyntaxError for anything else
 */
export function decodeCommit(cursor: string, text: string): ReplicaCommit {
  return commitOf(cursor, parseFrozen(text))
}

/**
 * Reads a line of a poll: `[cursor, at, changes, …]`.
 *
 * @throws SyntaxError
 */
export function decodeCommitLine(line: string): ReplicaCommit {
  const parsed = parseFrozen(line)
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'string') throw new SyntaxError('A line of a poll is no commit')
  return commitOf(parsed[0], parsed.slice(1))
}

/** The line of a poll, from the text of a commit. */
export function toCommitLine(cursor: string, commitText: string): string {
  return `["${cursor}",${commitText.slice(1)}\n`
}

function commitOf(cursor: string, parsed: unknown): ReplicaCommit {
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'number') throw new SyntaxError('A message is no commit')
  const [at, ...parts] = parsed as [number, ...unknown[]]
  const last = parts.at(-1)
  const isOrigin = typeof last === 'object' && last !== null && !Array.isArray(last)
  const { actor, label } = (isOrigin ? parts.pop() : {}) as { readonly actor?: string; readonly label?: string }
  return { revision: revisionOf(cursor), cursor, at, actor, label, changes: parts.map(fromRow) }
}

function fromRow(row: unknown): ReplicaChange {
  if (!Array.isArray(row) || typeof row[0] !== 'string') throw new SyntaxError('A commit has a change without a kind')
  const [kind, subject, third, fourth] = row as [string, unknown, unknown, unknown]
  if (typeof subject === 'string') {
    if (row.length === 2) return { kind, op: 'delete', key: subject }
    return row.length === 3 ? { kind, op: 'put', key: subject, value: third } : { kind, op: 'put', key: subject }
  }
  if (typeof subject !== 'number') throw new SyntaxError('A commit has a change without a subject')
  if (subject < 0) return { kind, op: 'trim', stream: third as string | null, through: -subject }
  const entry = { kind, op: 'append', seq: subject, stream: third as string } as const
  return row.length === 4 ? { ...entry, value: fourth } : entry
}

/**
 * The revision a cursor names. A replica needs no more of it; the server checks the rest.
 *
 * @throws SyntaxError
 */
export function revisionOf(cursor: string): number {
  const digits = cursor.split('.')[1] ?? ''
  const revision = Number.parseInt(digits, 36)
  if (!Number.isSafeInteger(revision)) throw new SyntaxError('A cursor has no revision')
  return revision
}

/** The history a cursor belongs to. */
export function epochOf(cursor: string): string {
  return cursor.slice(0, cursor.indexOf('.'))
}
