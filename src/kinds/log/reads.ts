import { checkOptions, integer, text } from '../../base/options.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { AppendChange, Commit, TrimChange } from '../../state/change.ts'
import type { LogEntry } from '../../state/entry.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { LogQuery } from '../../state/query.ts'
import type { Entries, EntryQuery } from './entries.ts'

/** Reads that a log offers in the store and inside commits alike. */
export interface LogLookups<Output> {
  /** Entries in ascending order: the newest ones, unless `after` asks for those that follow a number. */
  read(query?: LogQuery): readonly LogEntry<Frozen<Output>>[]
  /** How many entries the log or one stream has; time grows with that number. */
  count(query?: { readonly stream?: string }): number
}

/** What `store.<log>` offers. Reads are synchronous and see the newest commit, durable or not. */
export interface LogReads<Output, Feed extends FeedMode = FeedMode> extends LogLookups<Output> {
  /** Calls back once for each published commit that appends to the log or trims it. Returns the unsubscriber. */
  watch(watcher: (changes: readonly (AppendChange<Output, string, Feed> | TrimChange)[], commit: Commit) => void): () => void
}

const defaultLimit = 200
const mostLimit = 1000
const limitRule = { expected: 'a number', accepts: (given: unknown) => typeof given === 'number' }
const queryRules = { stream: text(), after: integer({ min: 0 }), before: integer({ min: 0 }), limit: limitRule }
const countRules = { stream: text() }

/** @throws TypeError for an unknown option or a wrong one */
export function planEntries(query: LogQuery | undefined): EntryQuery {
  checkOptions('read', query, queryRules)
  const { stream, after, before, limit } = query ?? {}
  return {
    stream,
    after: after ?? 0,
    before: before ?? Number.MAX_SAFE_INTEGER,
    limit: limit === undefined || Number.isNaN(limit) ? defaultLimit : Math.max(1, Math.min(mostLimit, Math.floor(limit))),
    newest: after === undefined || before !== undefined,
  }
}

export function countEntries(entries: Entries, query: { readonly stream?: string } | undefined): number {
  checkOptions('count', query, countRules)
  return entries.count(query?.stream)
}

export function createLogReads(name: string, entries: Entries, services: KindServices): LogReads<unknown> {
  return Object.freeze({
    read(query?: LogQuery) {
      services.beginRead('read')
      return entries.read(planEntries(query))
    },
    count(query?: { readonly stream?: string }) {
      services.beginRead('count')
      return countEntries(entries, query)
    },
    watch(watcher: (changes: never, commit: Commit) => void) {
      return services.watch(name, watcher as never)
    },
  })
}
