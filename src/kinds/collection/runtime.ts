import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { PendingRecords } from '../../engine/delayed/pending-records.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { localSchema } from '../../engine/records/local-table.ts'
import { Relations } from '../../engine/records/relations.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { CollectionKind } from '../../state/collection-kind.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import { createColumns } from './columns.ts'
import { createDelayedCollection } from './delayed.ts'
import { Finder } from './finder.ts'
import { IndexedRuntime } from './indexed-runtime.ts'
import { PendingTable } from './pending-table.ts'
import { type CollectionReads, createCollectionReads } from './reads.ts'
import { Sweeper } from './sweeper.ts'
import { type CollectionLayout, createSteps, layoutOfNew } from './tables.ts'
import { CollectionTxImpl, type CollectionTxParts } from './tx.ts'

interface Delayed {
  readonly pending: PendingRecords
  readonly table: PendingTable
  readonly finder: Finder
  readonly isWritable: boolean
}

function createDelayed(records: RecordSet, services: KindServices): Delayed {
  const pending = services.pend(records)
  const table = new PendingTable(records.id, pending)
  return { pending, table, finder: new Finder(records, table), isWritable: !services.readOnly }
}

function createSweeper(records: RecordSet, { ttlMs, durability, touch }: Timed, services: KindServices): Sweeper {
  const { name } = records
  const { clock, report } = services
  const commit = (write: (commit: CommitContext) => void): Promise<unknown> =>
    services.commitOwn(write, { label: 'expired', durability: 'process' })
  return new Sweeper({
    kind: name,
    ttlMs,
    clock,
    report,
    expire: (before) =>
      commit((sweep) => {
        touch(sweep)
        const keys = records.lifetimes?.expired(before) ?? []
        if (keys.length > 0) sweep.noteKind(durability)
        const draft = records.draft(sweep)
        for (const key of keys) records.remove(draft, key)
      }),
    bringBack: (now) => commit(() => records.lifetimes?.bringBack(now)),
    hasExpired(before) {
      services.beginRead(name)
      return records.lifetimes?.expired(before, 1).length === 1
    },
  })
}

type Timed = Pick<CollectionKind, 'durability'> & {
  readonly ttlMs: number
  /** Call in each commit that touches the records. */
  readonly touch: (commit: CommitContext) => void
}

function prepareChildren(
  connection: Connection | undefined,
  id: number,
  { fields }: CollectionLayout,
  { parent }: CollectionKind,
): Statement | undefined {
  if (parent === undefined) return undefined
  return connection?.prepare(`SELECT key FROM k${id} WHERE f${fields.indexOf(parent.field)} = ?`)
}

/** A collection at work. */
export class CollectionRuntime extends IndexedRuntime {
  readonly reads: CollectionReads<unknown>
  readonly committed: CollectionReads<unknown>
  /** What was written behind; undefined unless the collection is. */
  readonly #delayed: Delayed | undefined
  /** Undefined unless records expire. */
  readonly #sweeper: Sweeper | undefined
  readonly #kind: CollectionKind
  /** Finds records by the field that names their parent. */
  #findChildren: Statement | undefined
  /** Made once, because every commit takes them. */
  readonly #parts: CollectionTxParts

  constructor(id: number, name: string, kind: CollectionKind, services: KindServices) {
    super({ id, name, feed: kind.feed, services, isLocal: kind.durability === 'memory' })
    this.#kind = kind
    this.#parts = { records: this.records, finder: this.finder, kind }
    this.committed = createCollectionReads(this.records, this.finder, services)
    this.#delayed = kind.durability === 'delayed' ? createDelayed(this.records, services) : undefined
    this.reads = this.#withPending(services)
    this.#sweeper =
      kind.ttlMs === undefined
        ? undefined
        : createSweeper(this.records, { ttlMs: kind.ttlMs, durability: kind.durability, touch: (commit) => this.#touch(commit) }, services)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    if (this.records.isLocal) return this.#attachLocal(connection)
    const { there, layout, columns, place } = this.attachRecords(connection, stored, this.#kind)
    this.#findChildren = prepareChildren(there, this.id, layout, this.#kind)
    if (there !== undefined && this.#delayed?.isWritable === true) this.#delayed.table.attach(there, columns)
    this.#delayed?.finder.attach(there, place)
  }

  #withPending(services: KindServices): CollectionReads<unknown> {
    if (this.#delayed === undefined) return this.committed
    const { pending, finder } = this.#delayed
    return createDelayedCollection({ kind: this.#kind, records: this.records, pending, finder, services, reads: this.committed })
  }

  /** Its records have their parents in another collection. */
  joinParents(parent: CollectionRuntime, field: string): void {
    const { relations } = this
    relations.parents = { records: parent.records, field }
    const { durability } = this.#kind
    parent.relations.addChildren({ records: this.records, durability, keysOf: (key) => this.#childKeys(key) })
  }

  get relations(): Relations {
    this.records.relations ??= new Relations()
    return this.records.relations
  }

  #childKeys(parentKey: string): readonly string[] {
    return this.#findChildren?.all(parentKey).map(([key]) => key as string) ?? []
  }

  /** What was written behind comes before whoever reads or writes the records. */
  #touch(commit: CommitContext): void {
    const pending = this.#delayed?.pending
    if (pending !== undefined && pending.size > 0) commit.precede((before) => pending.writeTo(before))
  }

  #attachLocal(connection: Connection): void {
    const layout = layoutOfNew(this.#kind)
    const columns = createColumns(this.id, this.name, layout, this.#kind.ttlMs)
    this.records.attachLocal(connection, columns, createSteps(this.id, layout, localSchema))
    const there = this.records.isAttached ? connection : undefined
    this.finder.attach(there, { id: this.id, kind: this.name, layout, declared: this.#kind.indexes })
  }

  start(): void {
    this.#sweeper?.start()
  }

  async stop(): Promise<void> {
    await this.#sweeper?.stop()
  }

  createTx(commit: CommitContext): object {
    this.#touch(commit)
    return new CollectionTxImpl(commit, this.#parts)
  }
}
