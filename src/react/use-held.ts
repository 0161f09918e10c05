/** Hooks that show what a replica holds; each takes the handle of a kind, such as `replica.hosts`. */
import type { CollectionReplica, DocumentReplica, LogReplica, SettingsReplica, Subscribable } from '../client/handles.ts'
import type { LogEntry } from '../state/entry.ts'
import { check, checkOptions } from '../client/given.ts'
import type { Frozen } from '../state/frozen.ts'
import type { Job, JobIndexes } from '../state/job.ts'
import type { CollectionQuery, LogQuery, Page, Query } from '../state/query.ts'
import type { SettingValue } from '../state/settings-kind.ts'
import { useReading } from './use-reading.ts'

/** What to make of a list. Given anew with each render, both run again with each render. */
export interface ListOptions<Item, Selected> {
  /** Leaves out what it answers `false` for. */
  readonly filter?: ((item: Item) => boolean) | undefined
  /** Makes the result of the list. One that is equal to the last, item by item or field by field, stays the same object. */
  readonly select?: ((items: readonly Item[]) => Selected) | undefined
}

/** What to make of one value; it is not asked where there is none. */
type Selector<Value, Selected> = ((value: Value) => Selected) | undefined

const none: readonly never[] = Object.freeze([])

const listRules = { filter: 'a function', select: 'a function' }

/** The value of a document, or what `select` makes of it; undefined while there is none. */
export function useDocument<Output, Selected = Frozen<Output>>(
  handle: DocumentReplica<Output>,
  select?: (value: Frozen<Output>) => Selected,
): Selected | undefined {
  return useValue(handle, () => handle.get(), select)
}

/** A record, or what `select` makes of it; undefined while there is none, and for a key that is not known yet. */
export function useRecord<Output, Indexes, Selected = Frozen<Output>>(
  handle: CollectionReplica<Output, Indexes>,
  key: string | undefined,
  select?: (record: Frozen<Output>) => Selected,
): Selected | undefined {
  return useValue(handle, () => (key === undefined ? undefined : handle.get(key)), select)
}

/** A job: its `state`, `progress`, `result`, `error` and the rest; undefined for one that is not there, and for an id that is not known yet. */
export function useJob<Input, Progress, Result>(
  handle: CollectionReplica<Job<Input, Progress, Result>, JobIndexes>,
  id: string | undefined,
): Frozen<Job<Input, Progress, Result>> | undefined {
  return useRecord(handle, id)
}

/** A setting as it was set at run time; undefined while it was not, or is secret. */
export function useSetting<Declared, Name extends keyof Declared & string>(
  handle: SettingsReplica<Declared>,
  name: Name,
): SettingValue<Declared[Name]> | undefined {
  return useValue(handle, () => handle.get(name), undefined)
}

/**
 * The records that a query finds, in its order: all of them unless it has a `limit`. The same list while nothing in it changes.
 *
 * @throws TypeError · ReplicaError INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID · KIND_UNKNOWN, as `find` does
 */
export function useCollection<Output, Indexes, Selected = readonly Frozen<Output>[]>(
  handle: CollectionReplica<Output, Indexes>,
  query?: CollectionQuery<Output, Indexes>,
  options?: ListOptions<Frozen<Output>, Selected>,
): Selected {
  return useList(
    handle,
    () => findAll(handle as unknown as AnyCollection, query as Query),
    options as ListOptions<unknown, unknown>,
  ) as Selected
}

/** How many records a query finds. @throws as `useCollection` */
export function useCount<Output, Indexes>(handle: CollectionReplica<Output, Indexes>, query?: CollectionQuery<Output, Indexes>): number {
  return useReading({ ...sourceOf(handle), read: () => handle.count(query), nothing: 0, make: (count) => count, by: none })
}

/** Entries of a log, oldest first: the newest ones, unless `after` asks for those that follow a number. Without a `limit` at most 200. */
export function useLog<Output, Selected = readonly LogEntry<Frozen<Output>>[]>(
  handle: LogReplica<Output>,
  query?: LogQuery,
  options?: ListOptions<LogEntry<Frozen<Output>>, Selected>,
): Selected {
  return useList(handle, () => handle.read(query), options) as Selected
}

function useValue<Value, Selected>(
  handle: Subscribable,
  read: () => Value | undefined,
  select: Selector<Value, Selected>,
): Selected | undefined {
  const make = (value: Value | undefined): unknown => (select && value !== undefined ? select(value) : value)
  return useReading({ ...sourceOf(handle), read, nothing: undefined, make, by: [select] }) as Selected | undefined
}

function useList<Item>(handle: Subscribable, read: () => readonly Item[], options: ListOptions<Item, unknown> = {}): unknown {
  checkOptions(options, listRules)
  const { filter, select } = options
  const make = (items: readonly Item[]): unknown => {
    const shown = Object.freeze(filter ? items.filter(filter) : items)
    return select ? select(shown) : shown
  }
  return useReading({ ...sourceOf(handle), read, nothing: none, make, by: [filter, select] })
}

function sourceOf({ subscribe }: Subscribable): Pick<Subscribable, 'subscribe'> {
  check(subscribe, 'handle', 'a kind of a replica', subscribe)
  return { subscribe }
}

interface AnyCollection {
  find(query: Query): Page<unknown>
}

/** `find` answers with a page of at most 1,000. */
function findAll(handle: AnyCollection, query: Query = {}): readonly unknown[] {
  const { limit = Infinity } = query
  let page = handle.find({ ...query, limit })
  const items = [...page.items]
  while (page.next !== undefined && items.length < limit) {
    page = handle.find({ ...query, limit: limit - items.length, after: page.next })
    items.push(...page.items)
  }
  return items
}
