/** Pages of records and of entries, as they travel; of a view that does not show all, those that are seen. */
import type { PageAnswer } from '../protocol/requests.ts'
import type { Kind } from '../state/define-state.ts'

/** What was written, and by which commit. */
export interface AnyEntry {
  readonly value: unknown
  readonly revision: number
  readonly at: number
}

type LogLine = AnyEntry & { readonly seq: number; readonly stream: string }

interface RecordPage {
  readonly items: readonly { readonly [field: string]: unknown }[]
  readonly next: string | undefined
}

/** What a kind offers, as far as it is asked for here. */
export interface AnyReads {
  entry?(key?: string): AnyEntry | undefined
  find?(query: object): RecordPage
  read?(query: object): readonly LogLine[]
}

/** Whether a value is seen; undefined where all are. */
export type IsSeen = ((value: unknown) => boolean) | undefined

/** Pages that are looked through for one, at most: where little is seen, a page may have less than it could. */
const mostLooks = 20

/** What was found of a page. */
export type Found = Pick<PageAnswer, 'items' | 'next'>

/** A page of `find`. @throws as that does */
export function findPage(reads: AnyReads, kind: Kind, query: object, isSeen: IsSeen): Found {
  if (reads.find === undefined || !('key' in kind)) return { items: [], next: null }
  const { items, next } = isSeen === undefined ? reads.find(query) : findSeen(reads.find, query, isSeen)
  const entries = items.map((value) => {
    const key = String(value[kind.key])
    const entry = reads.entry?.(key)
    return [key, entry?.revision ?? 0, entry?.at ?? 0, value]
  })
  return { items: entries, next: next ?? null }
}

function findSeen(find: (query: object) => RecordPage, query: object, isSeen: (value: unknown) => boolean): RecordPage {
  let { items, next } = find(query)
  // A page after which there are more is as long as it may be.
  const limit = items.length
  const seen = items.filter(isSeen)
  for (let looks = 1; next !== undefined && seen.length < limit && looks < mostLooks; looks += 1) {
    ;({ items, next } = find({ ...query, after: next, limit: limit - seen.length }))
    seen.push(...items.filter(isSeen))
  }
  return { items: seen, next }
}

/** Entries of a log. @throws as `read` does */
export function readPage(reads: AnyReads, query: object, isSeen: IsSeen): Found {
  const read = (part: object): readonly LogLine[] => reads.read?.(part) ?? []
  const entries = isSeen === undefined ? read(query) : readSeen(read, query, isSeen)
  return { items: entries.map(({ seq, stream, revision, at, value }) => [seq, stream, revision, at, value]), next: null }
}

function readSeen(
  read: (query: object) => readonly LogLine[],
  query: { readonly after?: number },
  isSeen: (value: unknown) => boolean,
): readonly LogLine[] {
  let entries = read(query)
  const limit = entries.length
  let seen = entries.filter(({ value }) => isSeen(value))
  for (let looks = 1; entries.length > 0 && seen.length < limit && looks < mostLooks; looks += 1) {
    const isForward = query.after !== undefined
    const edge = isForward ? { after: entries.at(-1)?.seq } : { before: entries[0]?.seq }
    entries = read({ ...query, ...edge, limit })
    const further = entries.filter(({ value }) => isSeen(value))
    seen = isForward ? [...seen, ...further].slice(0, limit) : [...further, ...seen].slice(-limit)
  }
  return seen
}
