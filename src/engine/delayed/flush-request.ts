import type { CommitContext } from '../commit/commit-context.ts'
import { type CommitOptions, CommitRequest } from '../commit/commit-request.ts'
import type { PendingRecords } from './pending-records.ts'

/** The commit of what was written behind. */
export class FlushRequest extends CommitRequest {
  readonly #pending: readonly PendingRecords[]

  constructor(pending: readonly PendingRecords[], options: CommitOptions) {
    super(() => undefined, options)
    this.#pending = pending
  }

  override perform(context: CommitContext): unknown {
    for (const pending of this.#pending) pending.writeTo(context)
    return undefined
  }
}
