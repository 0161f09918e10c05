/**
 * What a visitor sees of a store: kinds, records and actions, and the feed as it is then (rule B1).
 *
 * A change is judged by what was there before and by what is there now: a record that leaves a view is deleted from its replicas, and what was
 * never in it is not heard of. A cursor of one view is none of another, so a replica whose grant has changed is reset like one whose history has.
 */
import * as crypto from 'node:crypto'
import type { Change, Commit } from '../../state/change.ts'
import { type Condition, fulfils } from '../../state/condition.ts'
import type { ReadGrant } from './grant.ts'

export interface View {
  /** Everything is seen as it is. */
  readonly isWhole: boolean
  /** The same for views that show the same, and for no others. */
  readonly key: string
  /** Names of the kinds that are seen, with the conditions of their records. */
  readonly kinds: ReadonlyMap<string, readonly Condition[]>
  readonly mayCall: (action: string) => boolean
  /** Whether a record is seen, of a kind that is. */
  sees(kind: string, value: unknown): boolean
  /** A commit as it is seen; it is a bookmark where it is not seen. */
  show(commit: Commit): Commit
  /** A cursor of the store as one of this view, and the other way round. What is no cursor stays as it is. */
  readonly mask: (cursor: string) => string
}

/** Everything that has a feed, for whoever owns the store. */
export function wholeView(kinds: readonly string[]): View {
  return {
    isWhole: true,
    key: '',
    kinds: new Map(kinds.map((name) => [name, []])),
    mayCall: () => true,
    sees: () => true,
    show: (commit) => commit,
    mask: (cursor) => cursor,
  }
}

export function grantedView({ kinds, actions }: ReadGrant): View {
  const key = JSON.stringify([...kinds])
  const pad = crypto.hash('sha256', key, 'buffer')
  const mask = (cursor: string): string => maskCheck(cursor, pad)
  const isRestricted = [...kinds.values()].some((conditions) => conditions.length > 0)
  const show = (commit: Commit): Commit => {
    const changes = isRestricted ? commit.changes.flatMap((change) => showChange(change, kinds.get(change.kind) ?? [])) : commit.changes
    return Object.freeze({ ...commit, cursor: mask(commit.cursor), changes: Object.freeze(changes) })
  }
  return {
    isWhole: false,
    key,
    kinds,
    mayCall: (action) => actions === 'all' || actions.has(action),
    sees: (kind, value) => fulfils(value, kinds.get(kind) ?? []),
    show,
    mask,
  }
}

function showChange(change: Change, conditions: readonly Condition[]): readonly Change[] {
  if (conditions.length === 0) return [change]
  const { kind, op } = change
  // Whoever sees a log knows the names of its streams, and no more than that of those it has nothing of.
  if (op === 'trim') return [change]
  if (op === 'append') return fulfils(change.value, conditions) ? [change] : []
  const { key, before } = change
  const wasSeen = before !== undefined && fulfils(before, conditions)
  if (op === 'delete') return wasSeen ? [change] : []
  if (fulfils(change.value, conditions)) return [change]
  return wasSeen ? [Object.freeze({ kind, op: 'delete', key, before })] : []
}

const checkCharacters = 8
const checkBytes = 6

/** The check at the end of a cursor, which is 6 bytes in base64url, with those of a view laid over them; done twice it is as it was. */
function maskCheck(cursor: string, pad: Uint8Array): string {
  const at = cursor.length - checkCharacters
  const bytes = Buffer.from(cursor.slice(at), 'base64url')
  if (at <= 0 || bytes.byteLength !== checkBytes) return cursor
  for (let index = 0; index < checkBytes; index += 1) bytes[index] = (bytes[index] as number) ^ (pad[index] as number)
  return cursor.slice(0, at) + bytes.toString('base64url')
}
