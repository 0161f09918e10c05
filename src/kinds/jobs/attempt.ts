/**
 * One run of a handler for one job, from the claim to the commit that ends it.
 *
 *   running ─ handler settles ──────────────────────────▶ ended: children ended, then completed, failed or queued again
 *      │
 *      └ cut short (cancelled, lost, stopped, timeout) ─▶ signal aborted, children ended; the handler has 2 s to settle, then it is
 *                                                         left alone: what it still tries to write is LEASE_LOST
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { CommitOptions, CommitResult } from '../../engine/commit/commit-request.ts'
import type { Job } from '../../state/job.ts'
import { Children, childGraceMs } from './children.ts'
import type { Conclusion, Desk } from './desk.ts'
import type { Hold } from './leases.ts'
import { type Claimed, leaseLost } from './transitions.ts'

/** Why an attempt is cut short. `lost`: the lease is somebody else's, or nobody's. */
export type Cut = 'cancelled' | 'lost' | 'stopped' | 'timeout' | 'child'

/** What a handler gets beside its job. */
export interface AnyContext {
  readonly signal: AbortSignal
  progress(value: unknown): void
  commit(write: (tx: never) => unknown, options?: CommitOptions & { readonly completes?: boolean }): Promise<CommitResult<unknown>>
  spawn(command: string, args?: readonly string[], options?: SpawnOptions): ChildProcess
  log(line: unknown): void
}

export type AnyHandler = (job: Job, context: AnyContext) => unknown

type Outcome = { readonly value: unknown } | { readonly error: unknown } | { readonly cut: true }

/** A little longer than children have, so that a handler that waits for them sees them end. */
const settleMs = childGraceMs + 500

const messages: Readonly<Record<Cut, string>> = {
  cancelled: 'The job was cancelled.',
  lost: 'The lease of this attempt is lost: the job was given to another worker, or has ended.',
  stopped: 'The worker is being stopped.',
  timeout: 'The attempt took longer than it may.',
  child: 'A child process of the job could not be started.',
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
}

function abort(controller: AbortController, by: Cut): void {
  controller.abort(new DOMException(messages[by], by === 'timeout' ? 'TimeoutError' : 'AbortError'))
}

export class Attempt {
  readonly job: Job
  readonly hold: Hold
  /** When it has had its time, elapsed ms; whoever runs it cuts it short then. */
  readonly endsAt: number
  readonly #desk: Desk
  readonly #outcome = Promise.withResolvers<Outcome>()
  /** Made when the handler first asks for its signal, or spawns: most handlers do neither. */
  #abort: AbortController | undefined
  #children: Children | undefined
  #by: Cut | undefined
  #isOver = false
  #isCompleted = false

  /** @param now elapsed ms */
  constructor({ job, hold }: Claimed, desk: Desk, now: number) {
    this.job = job
    this.hold = hold
    this.endsAt = now + desk.kind.timeoutMs
    this.#desk = desk
  }

  /**
   * Resolves when the attempt is over and the store knows; never rejects.
   *
   * @param onOver called once nothing of it runs any more, while its end is on its way to the store
   */
  async run(handler: AnyHandler, onOver: () => void): Promise<void> {
    this.#handle(handler)
    const outcome = await this.#outcome.promise
    this.#isOver = true
    if (this.#children !== undefined) await this.#children.end()
    const concluded = this.#desk.conclude(this.hold, this.#judge(outcome))
    onOver()
    await concluded
  }

  /** Ends it early; the first reason counts. */
  cutShort(by: Cut): void {
    if (this.#isOver || this.#isCompleted || this.#by !== undefined) return
    this.#by = by
    if (this.#abort !== undefined) abort(this.#abort, by)
    void this.#children?.end()
    this.#desk.clock.after(settleMs, () => this.#outcome.resolve({ cut: true }))
  }

  #handle(handler: AnyHandler): void {
    const { resolve } = this.#outcome
    const fail = (error: unknown): void => resolve({ error })
    try {
      const value = handler(this.job, this.#context())
      if (isThenable(value)) Promise.resolve(value).then((settled: unknown) => resolve({ value: settled }), fail)
      else resolve({ value })
    } catch (error) {
      fail(error)
    }
  }

  get #signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#by !== undefined) abort(this.#abort, this.#by)
    }
    return this.#abort.signal
  }

  #spawn(command: string, args: readonly string[] | undefined, options: SpawnOptions | undefined): ChildProcess {
    const { clock } = this.#use()
    if (this.#children === undefined) {
      this.#children = new Children(clock, (error) => this.#failStart(error))
      // Cut short already, it has none that outlive that.
      if (this.#by !== undefined) void this.#children.end()
    }
    return this.#children.spawn(command, args, options)
  }

  /** A handler that does not listen for it would wait for ever. */
  #failStart(error: Error): void {
    this.cutShort('child')
    this.#outcome.resolve({ error })
  }

  #judge(outcome: Outcome): Conclusion {
    const by = this.#by
    if (this.#isCompleted || by === 'cancelled' || by === 'lost') return { is: 'nothing' }
    if ('value' in outcome) return { is: 'completed', value: outcome.value }
    if (by === 'stopped') return { is: 'released' }
    const child = this.#children?.failure
    if (by === 'timeout') {
      const message = `The attempt took longer than ${this.#desk.kind.timeoutMs} ms.`
      return { is: 'failed', error: new DOMException(message, 'TimeoutError'), reason: 'timeout', child }
    }
    return { is: 'failed', error: 'error' in outcome ? outcome.error : undefined, reason: undefined, child }
  }

  #context(): AnyContext {
    const { hold } = this
    const signal = (): AbortSignal => this.#signal
    return {
      get signal() {
        return signal()
      },
      progress: (value: unknown) => this.#use().progress(hold, value),
      commit: (write: (tx: never) => unknown, options?: CommitOptions & { readonly completes?: boolean }) => this.#commit(write, options),
      spawn: (command: string, args?: readonly string[], options?: SpawnOptions) => this.#spawn(command, args, options),
      log: (line: unknown) => this.#use().line(hold, line),
    }
  }

  async #commit(
    write: (tx: never) => unknown,
    options: (CommitOptions & { readonly completes?: boolean }) | undefined,
  ): Promise<CommitResult<unknown>> {
    const { completes = false, ...rest } = options ?? {}
    const desk = this.#use()
    // Before the commit: what it does to the lease is not to be taken for a loss.
    this.#isCompleted = completes
    try {
      return await desk.commit(this.hold, { write, completes }, rest)
    } catch (error) {
      this.#isCompleted = false
      throw error
    }
  }

  /** @throws HoldfastError LEASE_LOST when the attempt is over, or already completed by a commit */
  #use(): Desk {
    if (this.#isOver || this.#isCompleted || this.#by === 'cancelled' || this.#by === 'lost') throw leaseLost(this.#desk.name, this.hold)
    return this.#desk
  }
}
