/** Builds the object users hold: the methods of a store, and a getter for each kind. */
import { HoldfastError } from '../base/error.ts'
import { misuse } from '../base/misuse.ts'
import { checkOptions, flag, text } from '../base/options.ts'
import type { Report } from '../base/report.ts'
import { type CommitOptions, CommitRequest, type CommitResult } from '../engine/commit/commit-request.ts'
import type { Engine } from '../engine/engine.ts'
import { encodeCursor } from '../state/cursor.ts'
import { type KindSnapshot, type Snapshot, SnapshotLines } from '../engine/snapshot/snapshot.ts'
import { narrowed } from '../engine/snapshot/snapshot-source.ts'
import type { Commit } from '../state/change.ts'
import type { Condition } from '../state/condition.ts'
import type { StateDefinition } from '../state/define-state.ts'
import { type Health, readHealth } from './health.ts'
import { lookUp } from './lookup.ts'
import type { FollowOptions, Lookup, Origin } from './store.ts'

const listRule = { expected: 'a list of names of kinds', accepts: (given: unknown) => Array.isArray(given) }
const signalRule = { expected: 'an AbortSignal', accepts: (given: unknown) => given instanceof AbortSignal }
const followRules = { after: text(), kinds: listRule, signal: signalRule }
const snapshotRules = { shared: flag() }

/** A store as the network side uses it. */
export interface Serving {
  /** Random, and the store's for ever. */
  readonly storeId: string
  /**
   * Resolves once all that reads of this turn saw may leave the process (rule D7), with the cursor that holds it.
   *
   * @throws HoldfastError STORE_CLOSED · STORE_POISONED
   */
  readonly publishReads: () => Promise<string>
  /**
   * A snapshot as `store.snapshot` takes it, of these kinds, and of each of those records alone that fulfil the conditions beside it.
   *
   * @returns rejects as `store.snapshot` does
   */
  readonly snapshot: (kinds: ReadonlyMap<string, readonly Condition[]>, isShared: boolean) => Promise<Snapshot>
  /** What `store.<kind>` is, but for what was written behind and is not committed. */
  readonly committed: (kind: string) => object | undefined
  /** The one way out of what fails in the background (rule N2). */
  readonly report: Report
}

/** One handle of an open store; several may share an engine. */
export class StoreHandle {
  readonly directory: string
  readonly state: StateDefinition
  readonly #engine: Engine
  readonly #release: () => Promise<void>
  #closed: Promise<void> | undefined

  constructor(engine: Engine, state: StateDefinition, release: () => Promise<void>) {
    this.#engine = engine
    this.#release = release
    this.directory = engine.options.directory
    this.state = state
    for (const kind of engine.kinds) {
      Object.defineProperty(this, kind.name, { enumerable: true, get: () => this.#use(kind.name) && kind.reads })
    }
  }

  /** What the network side needs of a store beyond its methods; undefined for anything else. */
  static serving(store: object): Serving | undefined {
    if (!(#engine in store)) return undefined
    const { history, ledger, options } = store.#engine
    return Object.freeze({
      storeId: ledger.storeId,
      report: options.report,
      publishReads: async () => {
        store.#use('cursor')
        const { head } = ledger
        const cursor = history.cursorAt(head)
        await store.#engine.whenPublished(head.revision)
        return cursor
      },
      snapshot: (kinds: ReadonlyMap<string, readonly Condition[]>, isShared: boolean) =>
        store.#takeSnapshot([...kinds.keys()], isShared, kinds),
      committed: (kind: string) => {
        const found = store.#engine.kinds.find(({ name }) => name === kind)
        return found?.committed ?? found?.reads
      },
    })
  }

  get cursor(): string {
    this.#use('cursor')
    const { publication, history } = this.#engine
    this.#engine.beginRead('cursor')
    return history.cursorAt(publication.published)
  }

  commit(callback: (tx: never) => unknown, options?: CommitOptions): Promise<CommitResult<unknown>> {
    this.#engine.assertNotInCommit('commit')
    const request = new CommitRequest(callback, options)
    try {
      this.#use('commit')
      request.check()
      this.#engine.enqueue(request)
    } catch (error) {
      request.reject(error)
    }
    return request.promise
  }

  async snapshot(names?: readonly string[], options?: { readonly shared?: boolean }): Promise<Snapshot> {
    this.#use('snapshot')
    if (names !== undefined && !listRule.accepts(names)) throw misuse('kinds', listRule.expected, names)
    checkOptions('snapshot', options, snapshotRules)
    return this.#takeSnapshot(names, options?.shared ?? false)
  }

  async #takeSnapshot(
    names: readonly string[] | undefined,
    isShared: boolean,
    conditions?: ReadonlyMap<string, readonly Condition[]>,
  ): Promise<Snapshot> {
    this.#use('snapshot')
    this.#engine.assertNotInCommit('snapshot')
    this.#engine.assertOpen('snapshot')
    this.#assertKinds(names)
    const kinds = this.#engine.kinds.filter(({ name, feed }) => (names === undefined ? feed !== 'none' : names.includes(name)))
    const sources = kinds
      .filter(({ feed, isStored }) => feed === 'value' && isStored)
      .map(({ name, snapshot }) => narrowed(snapshot, conditions?.get(name) ?? []))
    const taken = await this.#engine.snapshots.take(sources, isShared)
    const { epoch, point } = taken
    const cursor = encodeCursor({ epoch, revision: point.revision, check: point.chain.slice(0, 8) })
    const lines: [string, KindSnapshot][] = kinds.map(({ name, readLine }) => [
      name,
      new SnapshotLines(taken.kinds.get(name) ?? { count: 0, bytes: [] }, readLine, (line) =>
        this.#engine.condition.noteUndecodable(name, line.slice(0, 80)),
      ),
    ])
    return Object.freeze({ cursor, revision: point.revision, kinds: Object.freeze(Object.fromEntries(lines)) })
  }

  follow(options: FollowOptions = {}): AsyncGenerator<Commit, void, void> {
    this.#use('follow')
    this.#engine.assertNotInCommit('follow')
    this.#engine.assertOpen('follow')
    checkOptions('follow', options, followRules)
    this.#assertKinds(options.kinds)
    const { after, kinds, signal } = options
    return this.#engine.feed.follow({ after, kinds: kinds === undefined ? undefined : new Set(kinds), signal })
  }

  async lookup(token: string): Promise<Lookup> {
    this.#use('lookup')
    this.#engine.assertNotInCommit('lookup')
    return lookUp(this.#engine, token)
  }

  why(kind: string, key = ''): Origin | undefined {
    this.#use('why')
    this.#engine.beginRead('why')
    this.#assertKinds([kind])
    const entry = this.#engine.kinds.find(({ name }) => name === kind)?.origin(key)
    if (entry === undefined) return undefined
    const commit = this.#engine.history.originAt(entry.revision)
    return Object.freeze({ ...entry, instance: commit?.instance, actor: commit?.actor, label: commit?.label })
  }

  health(): Health {
    return readHealth(this.#engine)
  }

  async flush(): Promise<void> {
    this.#use('flush')
    this.#engine.assertNotInCommit('flush')
    await this.#engine.delayed.flush()
  }

  async prune(): Promise<number> {
    this.#use('prune')
    this.#engine.assertNotInCommit('prune')
    this.#engine.assertOpen('prune')
    const { state, options, pruner } = this.#engine
    return state === 'open' && !options.readOnly ? pruner.run() : 0
  }

  close(): Promise<void> {
    this.#engine.assertNotInCommit('close')
    this.#closed ??= this.#release()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #use(method: string): true {
    if (this.#closed === undefined) return true
    throw new HoldfastError('STORE_CLOSED', `store.${method} was used after store.close().`, { method })
  }

  #assertKinds(names: readonly string[] | undefined): void {
    const declared = this.#engine.kinds.map(({ name }) => name)
    for (const kind of names ?? []) {
      if (!declared.includes(kind)) throw unknownKind(kind, declared)
    }
  }
}

function unknownKind(kind: string, declared: readonly string[]): HoldfastError<'KIND_UNKNOWN'> {
  const listed = declared.length === 0 ? 'none at all' : declared.join(', ')
  return new HoldfastError('KIND_UNKNOWN', `The state declares no kind ${JSON.stringify(kind)}; it declares ${listed}.`, { kind, declared })
}
