/** Runs a group from BEGIN to COMMIT and tells every caller what came of it. */
import { HoldfastError, isHoldfastError } from '../../base/error.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import type { Change } from '../../state/change.ts'
import type { Publication } from '../feed/publication.ts'
import type { Condition } from '../condition.ts'
import type { Point } from '../ledger.ts'
import { CommitGroup, GroupEnded, type GroupParts, isLocal, type Outcome } from './commit-group.ts'
import type { CommitContext } from './commit-context.ts'
import type { CommitRequest } from './commit-request.ts'

export interface RunnerParts extends GroupParts {
  readonly publication: Publication
  readonly bootId: string
  readonly condition: Pick<Condition, 'noteWritten' | 'noteFailed'>
  /** Ends the read transaction of the turn and looks, inside the new one, for what others wrote. */
  readonly refresh: () => void
  /** Commits are about to be acknowledged. */
  readonly onSettling: () => void
  /** A COMMIT failed in a way that may have reached the disk. */
  readonly onUnknown: (error: unknown) => void
  /** Kinds that belong to this process changed. */
  readonly onLocal: (changes: readonly Change[]) => void
  /** Bytes were written to the log: of changes, and in how many transactions. */
  readonly onWritten: (changesBytes: number) => void
}

export class GroupRunner {
  readonly #parts: RunnerParts
  readonly #group: CommitGroup
  #connection: Connection | undefined
  #begin: Statement | undefined
  #commit: Statement | undefined
  #rollback: Statement | undefined
  #markWeak: Statement | undefined
  /** This instance is listed in hf_weak. */
  #isMarkedWeak = false

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#group = new CommitGroup(parts)
  }

  get isMarkedWeak(): boolean {
    return this.#isMarkedWeak
  }

  attach(connection: Connection): void {
    this.#connection = connection
    this.#group.attach(connection)
    this.#begin = connection.prepare('BEGIN IMMEDIATE')
    this.#commit = connection.prepare('COMMIT')
    this.#rollback = connection.prepare('ROLLBACK')
    this.#markWeak = connection.prepare('INSERT OR REPLACE INTO hf_weak (instance, boot) VALUES (?, ?)')
  }

  begin(): void {
    this.#begin?.run()
  }

  run(take: () => CommitRequest | undefined, isTimeUp: () => boolean, queued: () => number): void {
    const { ledger } = this.#parts
    const outcomes: Outcome[] = []
    let base: Point | undefined
    const wasMarked = this.#isMarkedWeak
    let running: CommitRequest | undefined
    let isCommitting = false
    try {
      this.#parts.refresh()
      base = ledger.head
      const isAlone = queued() === 1
      this.#group.begin(isAlone)
      for (running = take(); running !== undefined; running = isTimeUp() ? undefined : take()) {
        outcomes.push(this.#group.run(running))
      }
      this.#group.end()
      isCommitting = true
      this.#finish(outcomes, isAlone)
      this.#parts.onWritten(ledger.head.position - base.position)
    } catch (error) {
      this.#group.end()
      this.#isMarkedWeak = wasMarked
      // Back to what the others have committed; where looking for that failed, the next look begins anew.
      if (base !== undefined) ledger.head = base
      ledger.generation += 1
      const cause = error instanceof GroupEnded ? error.cause : error
      this.#parts.condition.noteFailed(cause)
      for (const { context } of outcomes.toReversed()) context.undo()
      if (this.#connection?.inTransaction === true) this.#tryRollback()
      if (outcomes.length === 0 && running === undefined) rejectAll(take, cause)
      else this.#abandon(outcomes, running, { cause, isCommitting })
      return
    }
    this.#settle(outcomes, wasMarked)
  }

  #finish(outcomes: readonly Outcome[], isAlone: boolean): void {
    const isFailedAlone = isAlone && outcomes[0]?.failure !== undefined
    if (isFailedAlone) {
      this.#rollback?.run()
      return
    }
    const hasWeak = outcomes.some(({ wrote, durability }) => wrote && durability !== 'power')
    if (hasWeak && !this.#isMarkedWeak) {
      this.#markWeak?.run(this.#parts.instance, this.#parts.bootId)
      this.#isMarkedWeak = true
    }
    this.#commit?.run()
  }

  /** After COMMIT: publishes, and acknowledges each commit as soon as it is as durable as it asked. */
  #settle(outcomes: readonly Outcome[], wasMarked: boolean): void {
    const { publication, condition } = this.#parts
    let wrote = false
    let needsSync = this.#isMarkedWeak !== wasMarked
    let relies = false
    for (const outcome of outcomes) {
      const isPower = outcome.durability === 'power' && outcome.failure === undefined
      if (outcome.wrote) wrote = true
      if (outcome.wrote && isPower) needsSync = true
      else if (isPower && !isLocal(outcome)) relies = true
    }
    if (wrote) {
      condition.noteWritten()
      publication.note(needsSync)
    }
    // One that changed nothing relies on what others wrote, who may have been content with less (rule D7).
    if (relies) publication.needSync()
    this.#parts.onSettling()
    for (const { failure, context } of outcomes) if (failure === undefined) this.#made(context)
    for (const outcome of outcomes) this.#acknowledge(outcome)
    publication.proceed()
  }

  #made(context: CommitContext): void {
    context.made()
    if (context.localChanges !== undefined) this.#parts.onLocal(context.localChanges)
  }

  #acknowledge(outcome: Outcome): void {
    const { request, failure, value, revision, changed, wrote } = outcome
    if (failure !== undefined) return request.reject(failure.error)
    const result = { revision, value, changed }
    if (isLocal(outcome) || (wrote && outcome.durability !== 'power')) return request.resolve(result)
    this.#parts.publication.whenSettled(
      () => request.resolve(result),
      () => request.reject(this.#unknown(outcome)),
    )
  }

  /** The transaction is gone: nothing of the group was applied, or it is not known whether it was. */
  #abandon(
    outcomes: readonly Outcome[],
    running: CommitRequest | undefined,
    failure: { readonly cause: unknown; readonly isCommitting: boolean },
  ): void {
    const { cause, isCommitting } = failure
    const mayBeOnDisk = isCommitting && !isDefinite(cause) && outcomes.some(({ wrote }) => wrote)
    for (const outcome of outcomes) {
      const isUnknown = mayBeOnDisk && outcome.wrote
      if (outcome.failure !== undefined) outcome.request.reject(outcome.failure.error)
      else outcome.request.reject(isUnknown ? this.#unknown(outcome, cause) : cause)
    }
    running?.reject(cause)
    if (mayBeOnDisk) this.#parts.onUnknown(cause)
  }

  #unknown({ counter }: Outcome, cause?: unknown): HoldfastError<'COMMIT_UNKNOWN'> {
    const token = `${this.#parts.instance}:${counter}`
    return new HoldfastError('COMMIT_UNKNOWN', `It is not known whether commit ${token} reached the disk.`, { token }, { cause })
  }

  #tryRollback(): void {
    try {
      this.#rollback?.run()
    } catch {
      // The connection is given up by onUnknown, or the next BEGIN reports what is wrong with it.
    }
  }
}

/** The transaction could not even look at the store; nothing of what is queued can run. */
function rejectAll(take: () => CommitRequest | undefined, error: unknown): void {
  for (let request = take(); request !== undefined; request = take()) request.reject(error)
}

/** Errors at COMMIT after which the commit frame is certainly not in the log. */
function isDefinite(error: unknown): boolean {
  return isHoldfastError(error, 'DISK_FULL') || isHoldfastError(error, 'STORE_BUSY')
}
