/**
 * One SQLite transaction with the commits that were queued together, each undone alone when it fails (rule C5).
 *
 *   BEGIN IMMEDIATE → look for what others wrote → each commit: callback, history row → COMMIT
 *
 * A commit that throws is undone (group-rollback) and the others go on. An error that ends the whole transaction ends the
 * group. A commit that is alone is undone with its transaction.
 */
import { type Durability, strongest } from '../../state/durability.ts'
import type { Connection } from '../../sqlite/driver.ts'
import type { History } from '../history/history.ts'
import type { Ledger, Point } from '../ledger.ts'
import { CommitContext, type ContextParts } from './commit-context.ts'
import { type CommitOptions, type CommitRequest, refuseThenable } from './commit-request.ts'
import { GroupRollback } from './group-rollback.ts'
import type { Requests } from './requests.ts'

/** What one commit of a group came to, not yet told to its caller. */
export interface Outcome {
  readonly request: CommitRequest
  /** What it failed with, which may be anything a callback can throw; undefined when it did not. */
  readonly failure: { readonly error: unknown } | undefined
  readonly value?: unknown
  readonly revision: number
  readonly changed: boolean
  /** What the acknowledgement waits for. */
  readonly durability: Durability
  /** Its number among the commits of this instance; with the instance's name what `lookup` finds it by. */
  readonly counter: number
  readonly context: CommitContext
  /** Rows were written, if only that of its id or such as are no part of the history. */
  readonly wrote: boolean
}

/** It changed what belongs to this process, and nothing else. */
export function isLocal({ wrote, context }: Outcome): boolean {
  return !wrote && context.localChanges !== undefined
}

export interface GroupParts {
  readonly ledger: Ledger
  readonly history: History
  readonly requests: Requests
  readonly instance: string
  readonly maxCommitBytes: number
  readonly defaultDurability: Durability
  readonly now: () => number
  readonly createTx: (context: CommitContext) => unknown
  /** Told which commit's callback runs, so that the store's own reads refuse inside it. */
  readonly enter: (context: CommitContext | undefined) => void
}

/** Label of the commits of what was written behind. */
export const writtenBehind = 'written behind'

/** Thrown when the transaction of a group has ended by an error inside it. */
export class GroupEnded extends Error {}

export class CommitGroup {
  readonly #parts: GroupParts
  #connection: Connection | undefined
  #contextParts: ContextParts | undefined
  #rollback: GroupRollback | undefined
  #isAlone = true
  #counter = 0
  /** When the group began, which is when its commits were made. */
  #at = 0

  constructor(parts: GroupParts) {
    this.#parts = parts
  }

  attach(connection: Connection): void {
    this.#connection = connection
    this.#contextParts = { maxBytes: this.#parts.maxCommitBytes, connection, precede: (context, write) => this.#precede(context, write) }
    this.#rollback = new GroupRollback(connection)
  }

  /** Call inside the new transaction, before its first commit. One that is alone is rolled back with the transaction by the caller. */
  begin(isAlone: boolean): void {
    this.#isAlone = isAlone
    this.#at = this.#parts.now()
    if (!isAlone) this.#rollback?.beginGroup()
  }

  /** Call after the last commit of the transaction, whatever came of it. */
  end(): void {
    if (!this.#isAlone) this.#rollback?.endGroup()
  }

  /**
   * Runs one commit inside the open transaction.
   *
   * @throws GroupEnded when SQLite ended the whole transaction; its cause is the reason
   */
  run(request: CommitRequest): Outcome {
    const { ledger } = this.#parts
    const before = ledger.head
    const context = this.#createContext()
    this.#counter += 1
    if (!this.#isAlone) this.#rollback?.beginCommit()
    try {
      const outcome = this.#perform(request, context)
      if (!this.#isAlone) this.#rollback?.endCommit()
      return outcome
    } catch (error) {
      this.#undo(context, before, error)
      return this.#outcome(request, context, { failure: { error }, revision: before.revision, changed: false, wrote: false })
    } finally {
      context.end()
    }
  }

  #createContext(): CommitContext {
    return new CommitContext(this.#parts.ledger.head.revision + 1, this.#at, this.#contextParts as ContextParts)
  }

  /** Makes a commit of its own before one whose callback runs: what was written behind comes before whoever reads it (rule D3). */
  #precede(context: CommitContext, write: (commit: CommitContext) => void): void {
    const before = this.#createContext()
    write(before)
    before.end()
    if (this.#append({ label: writtenBehind }, before)) {
      this.#counter += 1
      context.follow(before)
    } else context.onMade(() => before.made())
  }

  #perform(request: CommitRequest, context: CommitContext): Outcome {
    const { requests, ledger, createTx, enter } = this.#parts
    const { id, actor = '', action = '' } = request.options
    const recorded = id === undefined ? undefined : requests.find({ actor, id, action })
    if (recorded !== undefined) return this.#outcome(request, context, { ...recorded, wrote: false })
    enter(context)
    try {
      let value = request.perform(context, createTx)
      refuseThenable(value, request)
      context.assertOpen('end')
      context.end()
      const hasHistory = this.#append(request.options, context)
      const changed = hasHistory || context.localChanges !== undefined
      const { revision } = ledger.head
      if (id !== undefined) value = requests.record({ actor, id, action }, revision, changed, value)
      const wrote = hasHistory || context.isPreceded || id !== undefined || context.writesBeside
      return this.#outcome(request, context, { value, revision, changed, wrote })
    } finally {
      // Only now: reading the value may run getters of the caller's, and they are inside the commit, too.
      enter(undefined)
    }
  }

  /** Writes the history row; false when there is nothing to write. */
  #append(options: Pick<CommitOptions, 'actor' | 'label'>, context: CommitContext): boolean {
    const changes = context.seal()
    if (changes === undefined) return false
    const { instance, history, maxCommitBytes } = this.#parts
    const { revision, at } = context
    const { actor = null, label = null } = options
    history.append({ revision, at, instance, counter: this.#counter, actor, label, changes }, maxCommitBytes)
    return true
  }

  #outcome(
    request: CommitRequest,
    context: CommitContext,
    result: { failure?: { readonly error: unknown }; value?: unknown; revision: number; changed: boolean; wrote: boolean },
  ): Outcome {
    const { failure, value, revision, changed, wrote } = result
    const durability = this.#durabilityOf(request, context)
    return { request, context, durability, counter: this.#counter, failure, value, revision, changed, wrote }
  }

  /** The strongest of what the commit asks for and of what the kinds it wrote declare (rule C3). */
  #durabilityOf({ options }: CommitRequest, { kindDurability, writesPlainKind }: CommitContext): Durability {
    const floor = strongest(kindDurability, options.durability)
    const isLeftToStore = floor === undefined || (writesPlainKind && options.durability === undefined)
    return (isLeftToStore ? strongest(floor, this.#parts.defaultDurability) : floor) ?? 'power'
  }

  #undo(context: CommitContext, before: Point, cause: unknown): void {
    context.undo()
    this.#parts.ledger.head = before
    if (this.#connection?.inTransaction !== true) throw new GroupEnded('The transaction of the group has ended.', { cause })
    if (this.#isAlone) return
    try {
      this.#rollback?.undoCommit()
    } catch (error) {
      throw new GroupEnded('A commit could not be rolled back.', { cause: error })
    }
  }
}
