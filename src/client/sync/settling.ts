/** Who waits for the replica to have applied a cursor. */
import { epochOf, revisionOf } from '../../protocol/commit-text.ts'
import type { DataSet } from '../data/data-set.ts'
import { ReplicaError, replicaClosed } from '../replica-error.ts'

interface Waiter {
  readonly epoch: string
  readonly revision: number
  readonly resolve: () => void
  readonly reject: (error: ReplicaError) => void
}

export class Settling {
  readonly #waiters = new Set<Waiter>()

  /** Resolves once a cursor is reached; rejects when its history ends, or the replica. */
  wait(cursor: string): { readonly promise: Promise<void>; readonly give: (error: ReplicaError) => void } {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { epoch: epochOf(cursor), revision: revisionOf(cursor), resolve, reject }
    this.#waiters.add(waiter)
    return { promise, give: (error) => this.#end(waiter, error) }
  }

  static isReached(cursor: string, { epoch, revision }: DataSet): boolean {
    return epochOf(cursor) === epoch && revisionOf(cursor) <= revision
  }

  reached({ epoch, revision }: DataSet): void {
    for (const waiter of this.#waiters) if (waiter.epoch === epoch && waiter.revision <= revision) this.#end(waiter)
  }

  /** The history of this epoch is no longer followed. */
  left(epoch: string): void {
    for (const waiter of this.#waiters) if (waiter.epoch === epoch) this.#end(waiter, diverged(waiter))
  }

  close(): void {
    for (const waiter of this.#waiters) this.#end(waiter, replicaClosed())
  }

  #end(waiter: Waiter, error?: ReplicaError): void {
    this.#waiters.delete(waiter)
    if (error === undefined) waiter.resolve()
    else waiter.reject(error)
  }
}

/** The cursor belongs to another history than the one that is followed. */
export function diverged({ revision }: { readonly revision: number }): ReplicaError {
  const message = 'The cursor belongs to another history than the replica now follows. Read again what the call did.'
  return new ReplicaError('CURSOR_DIVERGED', message, { revision, reason: 'epoch' })
}
