/** Where attempts hand in what they have: progress, lines, commits under their lease, and how they ended. */
import { type Backoff, backoffDelayMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError, isHoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import type { CommitOptions, CommitResult } from '../../engine/commit/commit-request.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { JobChildError, JobReason } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { fromStoredText, toStoredText } from '../../state/value.ts'
import { Exchange, type Tx, type WriteEnd } from './exchange.ts'
import { inHalves } from './in-halves.ts'
import { toJobError } from './job-error.ts'
import type { Hold } from './leases.ts'
import { NonRetryableError } from './non-retryable-error.ts'
import { Outbox, type Said } from './outbox.ts'
import type { Transitions } from './transitions.ts'
import { JobsTxImpl } from './tx.ts'

/** How an attempt ended. */
export type Conclusion =
  /** The job is not the attempt's any more, or is completed already. */
  | { readonly is: 'nothing' }
  | { readonly is: 'released' }
  | { readonly is: 'completed'; readonly value: unknown }
  | {
      readonly is: 'failed'
      readonly error: unknown
      readonly reason: JobReason | undefined
      readonly child: JobChildError | undefined
    }

/** Characters of JSON that progress may have. */
const longestProgress = 65_536

/** Between tries to write how an attempt ended. */
const conclusionBackoff: Backoff = Object.freeze({ minMs: 200, maxMs: 10_000 })

export interface DeskParts {
  readonly name: string
  readonly kind: JobsKind
  readonly services: KindServices
  /** Name of the log that lines go to. */
  readonly log: string | undefined
}

export class Desk {
  readonly name: string
  readonly kind: JobsKind
  readonly clock: Clock
  readonly exchange: Exchange
  readonly #services: KindServices
  readonly #log: string | undefined
  readonly #outbox: Outbox

  constructor({ name, kind, services, log }: DeskParts) {
    this.name = name
    this.kind = kind
    this.clock = services.clock
    this.exchange = new Exchange(name, services)
    this.#services = services
    this.#log = log
    this.#outbox = new Outbox(
      services.clock,
      (said) => this.#writeSaid(said),
      (error) => this.#report('Progress of jobs could not be written; it is tried again.', error),
    )
  }

  /** @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID, TypeError where the queue declares no progress */
  progress(hold: Hold, given: unknown): void {
    const { progress } = this.kind
    if (progress === undefined) throw misuse('progress', 'undefined: the queue declares no schema for it', given)
    const text = toStoredText(validate(progress, given, this.name), this.name)
    if (text.length > longestProgress) {
      const reason = `has ${text.length} characters, more than ${longestProgress}`
      throw new HoldfastError('VALUE_INVALID', `Progress of "${this.name}" ${reason}.`, { kind: this.name, path: '$', reason })
    }
    this.#outbox.progress(hold, fromStoredText(text))
  }

  /** @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID, TypeError where the queue declares no log */
  line(hold: Hold, given: unknown): void {
    const { log } = this.kind
    if (log === undefined) throw misuse('line', 'undefined: the queue declares no log', given)
    this.#outbox.line(hold, fromStoredText(toStoredText(validate(log.schema, given, this.#log ?? ''), this.#log)))
  }

  /** A commit that only the holder of the lease can make. @returns rejects with LEASE_LOST when it is stale */
  async commit(
    hold: Hold,
    { write, completes }: { readonly write: (tx: never) => unknown; readonly completes: boolean },
    options: CommitOptions,
  ): Promise<CommitResult<unknown>> {
    if (typeof write !== 'function') throw misuse('write', 'a function that takes a tx', write)
    const said = completes ? await this.#outbox.take(hold) : undefined
    return this.#transact((tx, transitions) => {
      transitions.assertHeld(hold)
      const value = write(tx as never)
      if (completes) {
        this.#say(said, tx, transitions)
        transitions.complete(hold, this.#resultOf(value))
      }
      return value
    }, options)
  }

  /** Writes how an attempt ended, as soon as that can be; never rejects. */
  async conclude(hold: Hold, conclusion: Conclusion): Promise<void> {
    const waiting = this.#outbox.take(hold)
    const said = waiting instanceof Promise ? await waiting : waiting
    if (conclusion.is === 'nothing') return
    const end = this.#endOf(hold, conclusion)
    const write: WriteEnd = (tx, transitions) => {
      this.#say(said, tx, transitions)
      end(transitions)
    }
    try {
      await this.exchange.end(write)
    } catch {
      await this.#concludeAlone(hold, write)
    }
  }

  async #concludeAlone(hold: Hold, write: WriteEnd): Promise<void> {
    try {
      await this.#insist(write)
    } catch (error) {
      // What cannot be stored, as it is, is what the job failed with.
      await this.#insist((_, transitions) => transitions.fail(hold, toJobError(error), { isFinal: true })).catch((last: unknown) =>
        this.#report(`How ${this.name} ${hold.id} ended could not be written.`, last),
      )
    }
  }

  /** What is checked of it is checked before the commit, which it may share with others. */
  #endOf(hold: Hold, conclusion: Exclude<Conclusion, { is: 'nothing' }>): (transitions: Transitions) => void {
    if (conclusion.is === 'released') return (transitions) => transitions.release(hold)
    if (conclusion.is === 'failed') {
      const { error, reason, child } = conclusion
      const failure = toJobError(error, child)
      const isFinal = error instanceof NonRetryableError || this.#isInvalid(error)
      return (transitions) => transitions.fail(hold, failure, { isFinal, reason })
    }
    try {
      const result = this.#resultOf(conclusion.value)
      return (transitions) => transitions.complete(hold, result)
    } catch (error) {
      const failure = toJobError(error)
      return (transitions) => transitions.fail(hold, failure, { isFinal: true })
    }
  }

  /** In its stored form. @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID with the path in the job */
  #resultOf(value: unknown): unknown {
    const { result } = this.kind
    if (result === undefined) return undefined
    const text = toStoredText({ result: validate(result, value, this.name) }, this.name)
    return (fromStoredText(text) as { readonly result?: unknown }).result
  }

  /** A value of this queue that was refused is refused again the next time. */
  #isInvalid(error: unknown): boolean {
    const isRefusal = isHoldfastError(error, 'SCHEMA_REJECTED') || isHoldfastError(error, 'VALUE_INVALID')
    return isRefusal && error.details.kind === this.name
  }

  /** Tries until it is written, or there is nothing to be written any more. */
  async #insist(write: (tx: Tx, transitions: Transitions) => void): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#transact(write, {})
        return
      } catch (error) {
        if (isHoldfastError(error, 'LEASE_LOST') || isHoldfastError(error, 'STORE_CLOSED') || isHoldfastError(error, 'STORE_POISONED'))
          return
        if (!isHoldfastError(error) || !(error.traits.retryable || error.code === 'COMMIT_UNKNOWN')) throw error
        if (tries === 0) this.#report(`How a job of ${this.name} ended could not be written yet; it is tried again.`, error)
        await this.#pause(backoffDelayMs(conclusionBackoff, tries, this.#services.random))
      }
    }
  }

  /** Shorter where the store is closed meanwhile. */
  #pause(delayMs: number): Promise<void> {
    const { closed } = this.#services
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        closed.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.clock.after(delayMs, end)
      if (closed.aborted) end()
      else closed.addEventListener('abort', end)
    })
  }

  async #writeSaid(said: readonly Said[]): Promise<void> {
    const commit = (some: readonly Said[]): Promise<unknown> =>
      this.#transact(
        (tx, transitions) => {
          for (const one of some) this.#say(one, tx, transitions)
        },
        { durability: 'process' },
      )
    await inHalves(said, commit)
  }

  /** Nothing is said for an attempt that does not hold its lease any more. */
  #say(said: Said | undefined, tx: Tx, transitions: Transitions): void {
    if (said === undefined || !transitions.isHeld(said.hold)) return
    if (said.progress !== undefined) transitions.progress(said.hold, said.progress.value)
    for (const line of said.lines) tx[this.#log ?? '']?.append?.(line, { stream: said.hold.id })
  }

  #transact<Value>(write: (tx: Tx, transitions: Transitions) => Value, options: CommitOptions): Promise<CommitResult<Value>> {
    return this.#services.transact((tx: Tx) => write(tx, JobsTxImpl.transitionsOf(tx[this.name] as object)), options)
  }

  #report(message: string, error: unknown): void {
    this.#services.report({ type: 'background-failed', message, error })
  }
}
