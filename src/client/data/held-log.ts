/**
 * The newest entries of each stream of a log in a replica.
 *
 * They stand twice: by stream, and all of them by number. What a stream lets go of is left in the list of all until as much is gone as
 * there is; an entry is there as long as its stream's first one is not newer.
 */
import type { ReplicaChange, ReplicaCommit } from '../../protocol/commit-text.ts'
import { aCount, aNumber, aText, checkOptions, clampLimit } from '../given.ts'
import type { LogEntry } from '../../state/entry.ts'
import type { LogQuery } from '../../state/query.ts'

/** Entries of each stream that are held when nothing else is asked for; as many as a snapshot has (rule H3). */
const defaultLast = 200

const countRules = { stream: aText }
const readRules = { ...countRules, after: aCount, before: aCount, limit: aNumber }

export class HeldLog {
  readonly #last: number
  readonly #streams = new Map<string, LogEntry[]>()
  #all: LogEntry[] = []
  #size = 0

  constructor(last: number = defaultLast) {
    this.#last = last
  }

  get size(): number {
    return this.#size
  }

  /** Takes a line of a snapshot; an entry that `before` has stays that object. */
  load([seq, stream, revision, at, value]: readonly unknown[], before: HeldLog | undefined): void {
    const entry = { seq, stream, value, revision, at } as LogEntry
    this.#append(before?.find(entry) ?? Object.freeze(entry))
  }

  /** Told that a snapshot is whole: its entries came stream by stream. */
  seal(): void {
    this.#all.sort((a, b) => a.seq - b.seq)
    this.#compact()
  }

  /** Told how many changes a commit brings. */
  prepare(_changes: number): void {}

  apply(change: ReplicaChange, { revision, at }: ReplicaCommit): void {
    if (change.op === 'append' && change.value !== undefined) {
      const { seq, stream, value } = change
      this.#append(Object.freeze({ seq, stream, value, revision, at }))
    }
    if (change.op === 'trim') this.#trim(change.stream, change.through)
    if (this.#all.length > 2 * this.#size + 64) this.#compact()
  }

  /** The entry that is this one. */
  find({ stream, seq, revision, at }: LogEntry): LogEntry | undefined {
    const entries = this.#streams.get(stream) ?? []
    const known = entries[countUpTo(entries, seq) - 1]
    return known?.seq === seq && known.revision === revision && known.at === at ? known : undefined
  }

  /** @throws TypeError for an unknown option or a wrong one */
  read(query: LogQuery = {}): readonly LogEntry[] {
    checkOptions('read', query, readRules)
    const { stream, after, before, limit } = query
    const wanted = clampLimit(limit, 200)
    const entries = stream === undefined ? this.#all : (this.#streams.get(stream) ?? [])
    const start = countUpTo(entries, after ?? 0)
    const end = countUpTo(entries, (before ?? Infinity) - 1)
    const found: LogEntry[] = []
    if (after === undefined || before !== undefined) {
      for (let at = end - 1; at >= start && found.length < wanted; at--) this.#collect(found, entries[at])
      found.reverse()
    } else {
      for (let at = start; at < end && found.length < wanted; at++) this.#collect(found, entries[at])
    }
    return Object.freeze(found)
  }

  /** @throws TypeError for an unknown option or a wrong one */
  count(query: { readonly stream?: string } = {}): number {
    checkOptions('count', query, countRules)
    return query.stream === undefined ? this.#size : (this.#streams.get(query.stream)?.length ?? 0)
  }

  #collect(found: LogEntry[], entry: LogEntry | undefined): void {
    if (entry !== undefined && this.#isHeld(entry)) found.push(entry)
  }

  #isHeld({ stream, seq }: LogEntry): boolean {
    return seq >= (this.#streams.get(stream)?.[0]?.seq ?? Infinity)
  }

  #append(entry: LogEntry): void {
    const entries = this.#streams.get(entry.stream)
    this.#all.push(entry)
    this.#size += 1
    if (entries === undefined) this.#streams.set(entry.stream, [entry])
    else if (entries.push(entry) > this.#last) this.#drop(entry.stream, entries, entries.length - this.#last)
  }

  #trim(stream: string | null, through: number): void {
    for (const [name, entries] of this.#streams) {
      if (stream === null || stream === name) this.#drop(name, entries, countUpTo(entries, through))
    }
  }

  #drop(stream: string, entries: LogEntry[], oldest: number): void {
    entries.splice(0, oldest)
    this.#size -= oldest
    if (entries.length === 0) this.#streams.delete(stream)
  }

  #compact(): void {
    this.#all = this.#all.filter((entry) => this.#isHeld(entry))
  }
}

/** How many entries have this number or a smaller one. */
function countUpTo(entries: readonly LogEntry[], seq: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle]?.seq ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low
}
