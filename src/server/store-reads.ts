/** Reads for clients: pages and single records, which leave only once they are as durable as promised (rule D7). */
import { HoldfastError } from '../base/error.ts'
import type { Artifacts } from '../kinds/artifacts/reads.ts'
import type { DetailAnswer, PageAnswer } from '../protocol/requests.ts'
import type { Artifact } from '../state/artifacts-kind.ts'
import type { Kind } from '../state/define-state.ts'
import type { Serving } from '../store/store-handle.ts'
import type { Store } from '../store/store.ts'
import { type AnyReads, findPage, type Found, readPage } from './pages.ts'
import type { PageSeal } from './views/page-seal.ts'
import { createScope, type Scope } from './views/scope.ts'
import type { View } from './views/view.ts'

export class StoreReads {
  readonly #store: Store
  readonly #serving: Serving
  readonly #seal: PageSeal

  constructor(store: Store, serving: Serving, seal: PageSeal) {
    this.#store = store
    this.#serving = serving
    this.#seal = seal
  }

  /** What a client follows of what a view shows: all of that, or the kinds it asks for. @throws HoldfastError KIND_UNKNOWN */
  scope(view: View, asked: readonly string[] | undefined): Scope {
    const shown = [...view.kinds.keys()]
    for (const kind of asked ?? []) if (!shown.includes(kind)) throw unknownKind(kind, shown)
    const kinds = asked === undefined ? shown : shown.filter((name) => asked.includes(name))
    return createScope(this.#store, this.#serving, view, kinds)
  }

  /**
   * A page of a collection in the order of an index, or of a log.
   *
   * @throws HoldfastError KIND_UNKNOWN · INDEX_UNKNOWN · PAGE_INVALID · VALUE_INVALID, TypeError for a query it does not know
   */
  async page(view: View, name: string, query: object): Promise<PageAnswer> {
    const { kind, reads } = this.#find(view, name)
    const isSeen = view.kinds.get(name)?.length === 0 ? undefined : (value: unknown): boolean => view.sees(name, value)
    const find = (asked: object): Found => findPage(reads, kind, asked, isSeen)
    const findPart = (): Found => this.#seal.within(`${view.key} ${name}`, query, find)
    const found = kind.type === 'log' ? readPage(reads, query, isSeen) : isSeen === undefined ? find(query) : findPart()
    return { ...found, cursor: view.mask(await this.#serving.publishReads()) }
  }

  /** @throws HoldfastError KIND_UNKNOWN */
  async detail(view: View, name: string, key: string): Promise<DetailAnswer> {
    const { kind, reads } = this.#find(view, name)
    const entry = kind.type === 'document' ? reads.entry?.() : reads.entry?.(key)
    const isSeen = entry !== undefined && view.sees(name, entry.value)
    const item = isSeen ? [kind.type === 'document' ? '' : key, entry.revision, entry.at, entry.value] : null
    return { item, cursor: view.mask(await this.#serving.publishReads()) }
  }

  /** Artifacts that clients may have, by the name of their kind; undefined where there are none of this name. */
  artifacts(view: View, name: string): Pick<Artifacts, 'get' | 'open'> | undefined {
    if (!view.kinds.has(name) || this.#store.state.kinds[name]?.type !== 'artifacts') return undefined
    const artifacts = this.#serving.committed(name) as Artifacts
    const get = (id: string): Artifact | undefined => {
      const artifact = artifacts.get(id)
      return artifact !== undefined && view.sees(name, artifact) ? artifact : undefined
    }
    return { get, open: artifacts.open }
  }

  #find(view: View, name: string): { readonly kind: Kind; readonly reads: AnyReads } {
    if (!view.kinds.has(name)) throw unknownKind(name, [...view.kinds.keys()])
    const kind = this.#store.state.kinds[name] as Kind
    return { kind, reads: this.#serving.committed(name) as AnyReads }
  }
}

function unknownKind(kind: string, declared: readonly string[]): HoldfastError<'KIND_UNKNOWN'> {
  return new HoldfastError('KIND_UNKNOWN', `There is no kind ${JSON.stringify(kind)} that clients may see.`, { kind, declared })
}
