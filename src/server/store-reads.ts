/** Reads for clients: pages and single records, which leave only once they are as durable as promised (rule D7). */
import { HoldfastError } from '../base/error.ts'
import type { Artifacts } from '../kinds/artifacts/reads.ts'
import type { DetailAnswer, PageAnswer } from '../protocol/requests.ts'
import type { Kind } from '../state/define-state.ts'
import type { Serving } from '../store/store-handle.ts'
import type { Store } from '../store/store.ts'

interface Entry {
  readonly value: unknown
  readonly revision: number
  readonly at: number
}

/** What a kind offers, as far as it is asked for here. */
interface AnyReads {
  entry?(key?: string): Entry | undefined
  find?(query: object): { readonly items: readonly { readonly [field: string]: unknown }[]; readonly next: string | undefined }
  read?(query: object): readonly (Entry & { readonly seq: number; readonly stream: string })[]
}

export class StoreReads {
  readonly #store: Store
  readonly #serving: Serving

  constructor(store: Store, serving: Serving) {
    this.#store = store
    this.#serving = serving
  }

  /** Names of kinds that clients may see. @throws HoldfastError KIND_UNKNOWN */
  visibleKinds(asked: readonly string[] | undefined): readonly string[] {
    const { kinds } = this.#store.state
    const visible = Object.keys(kinds).filter((name) => kinds[name]?.feed !== 'none')
    for (const kind of asked ?? []) if (!visible.includes(kind)) throw unknownKind(kind, visible)
    return asked === undefined ? visible : visible.filter((name) => asked.includes(name))
  }

  /**
   * A page of a collection in the order of an index, or of a log.
   *
   * @throws HoldfastError KIND_UNKNOWN · INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID, TypeError for a query it does not know
   */
  async page(name: string, query: object): Promise<PageAnswer> {
    const { kind, reads } = this.#find(name)
    const found = kind.type === 'log' ? readLog(reads, query) : findRecords(reads, kind, query)
    return { ...found, cursor: await this.#serving.publishReads() }
  }

  /** @throws HoldfastError KIND_UNKNOWN */
  async detail(name: string, key: string): Promise<DetailAnswer> {
    const { kind, reads } = this.#find(name)
    const entry = kind.type === 'document' ? reads.entry?.() : reads.entry?.(key)
    const item = entry === undefined ? null : [kind.type === 'document' ? '' : key, entry.revision, entry.at, entry.value]
    return { item, cursor: await this.#serving.publishReads() }
  }

  /** Artifacts that clients may have, by the name of their kind; undefined where there are none of this name. */
  artifacts(name: string): Artifacts | undefined {
    const { kinds } = this.#store.state
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    return kind?.type === 'artifacts' && kind.feed !== 'none' ? (this.#serving.committed(name) as Artifacts) : undefined
  }

  #find(name: string): { readonly kind: Kind; readonly reads: AnyReads } {
    this.visibleKinds([name])
    const kind = this.#store.state.kinds[name] as Kind
    return { kind, reads: this.#serving.committed(name) as AnyReads }
  }
}

function findRecords(reads: AnyReads, kind: Kind, query: object): Pick<PageAnswer, 'items' | 'next'> {
  if (reads.find === undefined || !('key' in kind)) return { items: [], next: null }
  const { items, next } = reads.find(query)
  const entries = items.map((value) => {
    const key = String(value[kind.key])
    const entry = reads.entry?.(key)
    return [key, entry?.revision ?? 0, entry?.at ?? 0, value]
  })
  return { items: entries, next: next ?? null }
}

function readLog(reads: AnyReads, query: object): Pick<PageAnswer, 'items' | 'next'> {
  const entries = reads.read?.(query) ?? []
  return { items: entries.map(({ seq, stream, revision, at, value }) => [seq, stream, revision, at, value]), next: null }
}

function unknownKind(kind: string, declared: readonly string[]): HoldfastError<'KIND_UNKNOWN'> {
  return new HoldfastError('KIND_UNKNOWN', `There is no kind ${JSON.stringify(kind)} that clients may see.`, { kind, declared })
}
