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
  const parts: unknown[] = [at, ...changes.map(encodeChange)]
  if (actor !== undefined || label !== undefined) parts.push({ actor, label })
  return JSON.stringify(parts)
}

function encodeChange(change: ReplicaChange): readonly unknown[] {
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

/** The line of a poll, from the text of a commit. */
export function toCommitLine(cursor: string, commitText: string): string {
  return `["${cursor}",${commitText.slice(1)}\n`
}

/**
 * Reads what `encodeCommit` wrote. Values are frozen, deeply.
 *
 * @throws SyntaxError for anything else
 */
export function decodeCommit(cursor: string, text: string): ReplicaCommit {
  return decodeCommitLine(toCommitLine(cursor, text))
}

/**
 * Reads a line of a poll: `[cursor, at, changes, …]`.
 *
 * @throws SyntaxError
 */
export function decodeCommitLine(line: string): ReplicaCommit {
  const [cursor, at, ...parts] = toRow(parseFrozen(line))
  if (typeof cursor !== 'string' || typeof at !== 'number') throw malformed()
  const { actor, label } = (Array.isArray(parts.at(-1)) ? {} : (parts.pop() ?? {})) as { readonly actor?: string; readonly label?: string }
  return { revision: revisionOf(cursor), cursor, at, actor, label, changes: parts.map(toChange) }
}

function toChange(row: unknown): ReplicaChange {
  const [kind, subject, third, value] = toRow(row)
  if (typeof kind === 'string' && typeof subject === 'number') {
    if (subject < 0) return { kind, op: 'trim', stream: third as string | null, through: -subject }
    return { kind, op: 'append', seq: subject, stream: third as string, value }
  }
  if (typeof kind !== 'string' || typeof subject !== 'string') throw malformed()
  if (third === undefined) return { kind, op: 'delete', key: subject }
  return { kind, op: 'put', key: subject, value: value === undefined ? third : undefined }
}

function toRow(parsed: unknown): readonly unknown[] {
  if (Array.isArray(parsed)) return parsed
  throw malformed()
}

function malformed(): SyntaxError {
  return new SyntaxError('malformed')
}

/**
 * The revision a cursor names. A replica needs no more of it; the server checks the rest.
 *
 * @throws SyntaxError
 */
export function revisionOf(cursor: string): number {
  const revision = Number.parseInt(cursor.split('.')[1] ?? '', 36)
  if (!Number.isSafeInteger(revision)) throw malformed()
  return revision
}

/** The history a cursor belongs to. */
export function epochOf(cursor: string): string {
  return cursor.split('.')[0] as string
}
