/** The kinds of an open store. */
import type { Connection } from '../sqlite/driver.ts'
import type { CommitContext } from './commit/commit-context.ts'
import type { KindRuntime } from './kind-runtime.ts'
import { readStoredKinds } from './stored-kinds.ts'

export class KindSet {
  readonly all: readonly KindRuntime[]
  /** By the numbers the history uses. */
  readonly byId: ReadonlyMap<number, KindRuntime>
  /** Makes the `tx` of a commit. */
  readonly createTx: (context: CommitContext) => unknown

  constructor(kinds: readonly KindRuntime[], createTx: (context: CommitContext) => unknown) {
    this.all = kinds
    this.byId = new Map(kinds.map((kind) => [kind.id, kind]))
    this.createTx = createTx
  }

  /** Prepares every kind for a connection, with its tables as they are now. */
  attach(connection: Connection): void {
    const stored = readStoredKinds(connection)
    for (const kind of this.all) kind.attach(connection, stored.get(kind.name))
  }

  start(): void {
    for (const kind of this.all) kind.start?.()
  }

  /** The longest that `stop` was promised to let work of its own run, ms. */
  get drainMs(): number {
    return Math.max(0, ...this.all.map((kind) => kind.drainMs ?? 0))
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(async (kind) => kind.stop?.()))
  }

  /** Drops everything remembered: the history is another one. */
  forget(): void {
    for (const kind of this.all) kind.forget()
  }
}
