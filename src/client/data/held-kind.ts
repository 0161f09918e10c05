/**
 * What a replica holds of one kind: the records of a collection by key, the one of a document under `''`, or the newest entries of each
 * stream of a log by number. Each stays the same object as long as it does not change (rule R2).
 */
import type { ReplicaChange, ReplicaCommit } from '../../protocol/commit-text.ts'
import { type EntryLine, toEntry } from '../../protocol/snapshot-text.ts'
import type { KindDescription } from '../../state/description.ts'
import type { Entry, LogEntry } from '../../state/entry.ts'
import type { LogQuery, Page, Query } from '../../state/query.ts'
import { getOrAdd } from '../get-or-add.ts'
import { checkOptions } from '../given.ts'
import { notDeclared } from '../replica-error.ts'
import { countOf, find, locate, locateQuery, queryRules, type Range } from './find.ts'
import { createSortedIndex, type SortedIndex } from './sorted-index.ts'

/** Entries of each stream that are held when nothing else is asked for; as many as a snapshot has (rule H3). */
const defaultLast = 200

const readRules = { stream: 'a string', after: 'a number', before: 'a number', limit: 'a number' }

/** Entries of a log between two numbers, of one stream or all. */
interface Span {
  readonly stream?: string | null | undefined
  readonly after?: number | undefined
  readonly before?: number | undefined
}

export interface HeldKind {
  readonly size: number
  /** Takes a line of a snapshot; what `before` has just so stays that object. */
  load(line: EntryLine, before: HeldKind | undefined): void
  apply(change: ReplicaChange, commit: ReplicaCommit): void
  entry(key: string | number): Entry | undefined
  /** @throws TypeError · ReplicaError INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID */
  find(query?: Query): Page<unknown>
  /** @throws as `find` */
  count(query?: Query | LogQuery): number
  /** @throws TypeError */
  read(query?: LogQuery): readonly LogEntry[]
}

// A class in all but its syntax: private members cost a page more bytes than variables do (ADR 22).
// oxlint-disable-next-line max-lines-per-function
export function createHeldKind(name: string, description: KindDescription, last: number = defaultLast): HeldKind {
  const { key = '', type } = description
  const declared = new Map(Object.entries(description.indexes ?? {}))
  const isLog = type === 'log'
  const entries = new Map<string | number, Entry>()
  /** Built when first asked for, by their fields. */
  const indexes = new Map<string, SortedIndex<unknown>>()

  const itemOf = (entry: Entry): unknown => (isLog ? entry : entry.value)

  const indexBy = (fields: readonly string[]): SortedIndex<unknown> =>
    getOrAdd(indexes, JSON.stringify(fields), () => createSortedIndex(fields, Array.from(entries.values(), itemOf)))

  const range = ({ stream, after = 0, before = Infinity }: Span): Range => {
    const bounds = { gt: [after], lt: [before] }
    return typeof stream === 'string' ? locate(indexBy(['stream', 'seq']), [stream], bounds) : locate(indexBy(['seq']), [], bounds)
  }

  /** Puts an entry in place of the one that is there, or nothing. */
  const put = (at: string | number, entry?: Entry): void => {
    const before = entries.get(at)
    if (entry) entries.set(at, Object.freeze(entry))
    else entries.delete(at)
    for (const index of indexes.values()) {
      if (before) index.remove(itemOf(before))
      if (entry) index.add(itemOf(entry))
    }
  }

  const drop = (query: Span, keep: number): void => {
    const { index, start, end } = range(query)
    for (const entry of index.slice(start, end - keep)) put((entry as LogEntry).seq)
  }

  const load = (line: EntryLine, before?: HeldKind): void => {
    const entry = toEntry(line)
    const known = before?.entry(line[0])
    put(line[0], known?.revision === entry.revision && known.at === entry.at ? known : entry)
    if ('stream' in entry) drop({ stream: entry.stream }, last)
  }

  const queried = (query: Query): SortedIndex<unknown> => {
    checkOptions(query, queryRules)
    const { index } = query
    const fields = index ? declared.get(index)?.fields : []
    if (fields) return indexBy([...fields, key])
    throw notDeclared('INDEX_UNKNOWN', `${name}.${index}`, { kind: name, index, declared: [...declared.keys()] })
  }

  return {
    get size() {
      return entries.size
    },
    load,
    apply(change, { revision, at }) {
      if (change.op === 'delete') put(change.key)
      else if (change.op === 'trim') drop({ stream: change.stream, before: change.through + 1 }, 0)
      else if (change.value !== undefined)
        load(change.op === 'put' ? [change.key, revision, at, change.value] : [change.seq, change.stream, revision, at, change.value])
    },
    entry: (at) => entries.get(at),
    find: (query = {}) => find(name, queried(query), query),
    count(query) {
      if (!query) return entries.size
      const { start, end } = isLog ? range(query as LogQuery) : locateQuery(name, queried(query as Query), query as Query)
      return end - start
    },
    read(query = {}) {
      checkOptions(query, readRules)
      const { index, start, end } = range(query)
      const wanted = countOf(query.limit, 200, end - start)
      const isForwards = query.after !== undefined && query.before === undefined
      return Object.freeze((isForwards ? index.slice(start, start + wanted) : index.slice(end - wanted, end)) as LogEntry[])
    },
  }
}
