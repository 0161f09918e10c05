import type { CommitContext } from './commit-context.ts'
import { type CommitOptions, CommitRequest } from './commit-request.ts'

/** A commit that the store makes by itself, such as a sweep's: it writes with the commit in hand, not through a `tx`. */
export class OwnRequest extends CommitRequest {
  readonly #write: (commit: CommitContext) => void

  constructor(write: (commit: CommitContext) => void, options: CommitOptions) {
    super(() => undefined, options)
    this.#write = write
  }

  override perform(context: CommitContext): unknown {
    this.#write(context)
    return undefined
  }
}
