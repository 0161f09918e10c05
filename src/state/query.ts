/** What may be asked of a collection or a log, of the store as of its replicas, with the types that make wrong questions fail to compile. */
import type { FieldsOf } from './collection-kind.ts'

/** The types of an index's fields, in order; an optional field may be asked for as `undefined`. */
type FieldTypes<Output, Fields> = Fields extends readonly [infer First, ...infer Rest]
  ? [First extends keyof Output ? Output[First] : never, ...FieldTypes<Output, Rest>]
  : []

/** The first n of a tuple, for any n. */
type Leading<Tuple extends readonly unknown[]> = Tuple extends [infer First, ...infer Rest] ? [] | [First] | [First, ...Leading<Rest>] : []

/** Options every query has. */
interface QueryOptions {
  readonly order?: 'asc' | 'desc' | undefined
  /** Records on a page: default 100, at most 1,000; brought into that range. */
  readonly limit?: number | undefined
  /** `next` of the page before, of the same index, equals and order, and from the same place: store or replica. */
  readonly after?: string | undefined
}

/** Bounds of the first field that `equals` leaves open. */
interface Range<Value> {
  readonly gt?: Value | undefined
  readonly gte?: Value | undefined
  readonly lt?: Value | undefined
  readonly lte?: Value | undefined
}

/** What may be asked of a collection: by key, or by a declared index. */
export type CollectionQuery<Output, Indexes> =
  | (QueryOptions & Range<string> & { readonly index?: never; readonly equals?: never })
  | {
      [Name in keyof Indexes]: QueryOptions &
        Range<string | number | boolean> & {
          readonly index: Name
          /** Values of the first fields of the index. */
          readonly equals?: Readonly<Leading<FieldTypes<Output, FieldsOf<Indexes[Name]>>>>
        }
    }[keyof Indexes]

/** Which entries of a log to read. */
export interface LogQuery {
  /** Of this stream; all streams when not given. */
  readonly stream?: string | undefined
  /** Only entries with a greater number. Given alone, the oldest of them are read: this is how to page forwards. */
  readonly after?: number | undefined
  /** Only entries with a smaller number: this is how to page backwards. */
  readonly before?: number | undefined
  /** Default 200, at most 1,000; brought into that range. */
  readonly limit?: number | undefined
}

/** One page. `next` asks for the one after it; undefined on the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | undefined
}

/** A query as it is given; {@link CollectionQuery} is its typed form. */
export interface Query {
  readonly index?: string | undefined
  readonly equals?: readonly unknown[] | undefined
  readonly gt?: unknown
  readonly gte?: unknown
  readonly lt?: unknown
  readonly lte?: unknown
  readonly order?: 'asc' | 'desc' | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
}
