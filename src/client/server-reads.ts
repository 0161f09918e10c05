/**
 * Reads that the server answers: pages and single records of what is too large to hold, kept until a commit changes them.
 *
 * Of a kind that is followed, a page holds until a commit changes the kind, and a record until one changes the record. Of another kind
 * nobody tells, so an answer holds until the replica moves on at all.
 */
import type { Stopwatch } from '../base/clock.ts'
import { type ReplicaChange, revisionOf } from '../protocol/commit-text.ts'
import { type DetailAnswer, type PageAnswer, queryText } from '../protocol/requests.ts'
import { type EntryLine, toEntry } from '../protocol/snapshot-text.ts'
import type { Page } from '../state/query.ts'
import { getOrAdd } from './get-or-add.ts'
import { askWhole, type Wire } from './sync/wire.ts'

/** A page as the server has it, and the cursor at which it has it so. */
export interface ServerPage<Item> extends Page<Item> {
  readonly cursor: string
}

/** Answers that are kept, at most. */
const mostAnswers = 1000

interface Kept {
  readonly kind: string
  /** The record it is of; undefined for a page. */
  readonly key: string | undefined
  readonly value: Promise<unknown>
  /** The revision it was read at; -1 while it is under way. */
  revision: number
}

export interface ServerReadsParts {
  readonly wire: Wire
  readonly clock: Stopwatch
  readonly closed: AbortSignal
  /** Kinds of which commits reach the replica; all when undefined. */
  readonly kinds: readonly string[] | undefined
}

export interface ServerReads {
  /** @returns rejects with ReplicaError, with the server's code · UNREACHABLE · REPLICA_CLOSED */
  page(kind: string, query: object | undefined): Promise<ServerPage<unknown>>
  /** The value of a record or document; undefined when there is none. @returns as `page` */
  fetch(kind: string, key: string): Promise<unknown>
  /** The replica has moved on to a revision: lets go of what may have changed, which is everything when the changes are not known. */
  move(changes: readonly ReplicaChange[] | undefined, revision: number): void
}

export function createServerReads({ wire, clock, closed, kinds }: ServerReadsParts): ServerReads {
  /** By address. */
  const kept = new Map<string, Kept>()

  const read = (address: string, kind: string, key?: string): Promise<unknown> =>
    getOrAdd(kept, address, () => {
      const asked = askWhole({ wire, clock, signal: closed }, address)
      const value = (asked as Promise<PageAnswer | DetailAnswer>).then((answer) => {
        answered.revision = revisionOf(answer.cursor)
        return toValue(answer)
      })
      const answered: Kept = { kind, key, value, revision: -1 }
      value.catch(() => kept.delete(address))
      const [oldest] = kept.keys()
      if (kept.size === mostAnswers) kept.delete(oldest as string)
      return answered
    }).value

  return {
    page: (kind, query = {}) => read(`page?${queryText({ kind, query: JSON.stringify(query) })}`, kind) as Promise<ServerPage<unknown>>,
    fetch: (kind, key) => read(`detail?${queryText({ kind, key })}`, kind, key),
    move(changes, revision) {
      for (const [address, answer] of kept) {
        const isTouched = (kinds && !kinds.includes(answer.kind)) || changes?.some((change) => touches(change, answer))
        if (!changes || (isTouched && answer.revision < revision)) kept.delete(address)
      }
    },
  }
}

function touches(change: ReplicaChange, { kind, key }: Kept): boolean {
  return change.kind === kind && (key === undefined || (change as { readonly key?: string }).key === key)
}

function toValue(answer: PageAnswer | DetailAnswer): unknown {
  if ('item' in answer) return answer.item?.[3]
  const items = answer.items.map((line) => (line.length === 4 ? line[3] : Object.freeze(toEntry(line as EntryLine))))
  return Object.freeze({ items: Object.freeze(items), next: answer.next ?? undefined, cursor: answer.cursor })
}
