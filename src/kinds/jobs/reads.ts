/** What `store.<jobs>` is. */
import type { spawn } from 'node:child_process'
import { HoldfastError } from '../../base/error.ts'
import { misuse } from '../../base/misuse.ts'
import { checkOptions, integer, signal } from '../../base/options.ts'
import type { CommitOptions, CommitResult } from '../../engine/commit/commit-request.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { Commit, DeleteChange, PutChange } from '../../state/change.ts'
import type { Frozen } from '../../state/frozen.ts'
import type { JobTypes, StoredJob } from '../../state/jobs-kind.ts'
import type { FeedMode } from '../../state/kind.ts'
import { assertKeyText } from '../../state/value.ts'
import { type CollectionReads, createCollectionReads } from '../collection/reads.ts'
import type { AnyHandler } from './attempt.ts'
import type { Crew } from './crew.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import type { Enqueued } from './transitions.ts'
import { type JobLookups, type JobsTxParts, type JobsTxImpl, type JobSummary } from './tx.ts'
import { type PauseOptions, setPaused } from './pause.ts'
import { waitForJob } from './wait.ts'
import { defaultDrainMs, type Worker } from './worker.ts'

/** Lines of a job, as a log has them. */
export interface JobLine<Line = unknown> {
  /** Number of the line in its log. */
  readonly seq: number
  readonly value: Line
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What a handler gets beside its job. All of it works until the attempt is over; then it is LEASE_LOST. */
export interface JobContext<Types extends JobTypes = JobTypes, Tx = unknown> {
  /** Aborted when the job is cancelled, its time is over, its lease is lost or the worker is stopped. End soon then. */
  readonly signal: AbortSignal
  /**
   * Tells how far the job is, as often as you like: ten times a second at most it is written, the last value always.
   *
   * @throws HoldfastError SCHEMA_REJECTED · VALUE_INVALID (over 65,536 characters) · LEASE_LOST
   */
  progress(value: Frozen<Types['progressGiven']>): void
  /**
   * A commit that counts only while the job is this attempt's: the lease is looked at inside it. With `completes` the job is
   * completed in the same commit, with what the callback returns as its result.
   *
   * @returns rejects with LEASE_LOST, and nothing was applied; and as `store.commit` does
   */
  commit<Value>(write: (tx: Tx) => Value, options?: CommitOptions & { readonly completes?: boolean }): Promise<CommitResult<Value>>
  /**
   * `spawn` of `node:child_process`, for a child that ends with the attempt: SIGTERM to it and all it started, after 2 s SIGKILL. One
   * that cannot be started fails the attempt; what it last wrote to a piped stderr goes into the job's error.
   */
  readonly spawn: typeof spawn
  /** Adds a line to the declared log, in the stream that is named like the job; written as progress is. */
  log(line: Frozen<Types['line']>): void
}

/** What a handler returns; without a schema for results it is dropped. */
type Returned<Result> = [Result] extends [never] ? unknown : Frozen<Result> | Promise<Frozen<Result>>

/** Does the work of one attempt. Runs at least once for each job: after a crash it is run again, so that its effects must bear that. */
export type JobHandler<Types extends JobTypes = JobTypes, Tx = unknown> = (
  job: Frozen<StoredJob<Types>>,
  context: JobContext<Types, Tx>,
) => Returned<Types['resultGiven']>

export interface WorkOptions {
  /** Jobs that run here at once; default 1. */
  readonly concurrency?: number | undefined
  /** How long running jobs have to end by themselves when the worker is stopped, ms; default 5,000. Then they are aborted, and queued again. */
  readonly drainMs?: number | undefined
  /** Stops the worker. */
  readonly signal?: AbortSignal | undefined
}

/** A worker that was started; it keeps the process alive until it is stopped. */
export interface JobWorker extends AsyncDisposable {
  /** How many jobs run here now. */
  readonly running: number
  /** Takes no more jobs, and resolves when none runs here any more. Closing the store does the same. */
  stop(options?: { readonly drainMs?: number }): Promise<void>
}

/** What `store.<jobs>` offers. Reads are synchronous and see the newest commit, durable or not. */
export interface JobsReads<Types extends JobTypes = JobTypes, Feed extends FeedMode = FeedMode, Tx = unknown> extends JobLookups<
  StoredJob<Types>
> {
  /** As in a commit, in one of its own. */
  enqueue(input: Frozen<Types['given']>, options?: EnqueueOptions): Promise<Enqueued>
  cancel(id: string): Promise<boolean>
  cancel(ids: readonly string[]): Promise<number>
  retry(id: string): Promise<boolean>
  retry(ids: readonly string[]): Promise<number>
  /**
   * Gives nothing to workers from now on, in all processes, until `resume`, also after a restart: a commit that changes the document
   * `<name>Queue`. What runs goes on. False when it is paused already.
   */
  pause(options?: PauseOptions): Promise<boolean>
  /** False when it is not paused. */
  resume(options?: PauseOptions): Promise<boolean>
  /**
   * Resolves with the job once it has ended, wherever it runs.
   *
   * @returns rejects with KEY_MISSING when there is none, STORE_CLOSED, or the reason of `signal`
   */
  wait(id: string, options?: { readonly signal?: AbortSignal }): Promise<Frozen<StoredJob<Types>>>
  /** The newest lines of a job (default 200, at most 1,000), or those after a number, oldest first. */
  logs(
    id: string,
    query?: { readonly limit?: number; readonly after?: number; readonly before?: number },
  ): readonly JobLine<Frozen<Types['line']>>[]
  /** Runs jobs here, `concurrency` at once. In any number of processes. */
  work(handler: JobHandler<Types, Tx>, options?: WorkOptions): JobWorker
  /** Calls back once for each published commit that changes a job. Returns the unsubscriber. */
  watch(
    watcher: (
      changes: readonly (PutChange<StoredJob<Types>, string, Feed> | DeleteChange<StoredJob<Types>, string, Feed>)[],
      commit: Commit,
    ) => void,
  ): () => void
}

const workRules = { concurrency: integer({ min: 1, max: 10_000 }), drainMs: integer({ min: 0, max: 2 ** 31 - 1 }), signal: signal() }
const stopRules = { drainMs: workRules.drainMs }

export interface ReadsParts {
  readonly parts: JobsTxParts
  readonly crew: Crew
  readonly services: KindServices
  /** Name of the log that lines go to. */
  readonly log: string | undefined
}

interface LogReads {
  read(query: object): readonly JobLine[]
}

export function createJobsReads({ parts, crew, services, log }: ReadsParts): object {
  const { name, records, finder } = parts
  const lookups: CollectionReads<unknown> = createCollectionReads(records, finder, services)
  const alone = async <Value>(write: (tx: JobsTxImpl) => Value): Promise<Value> => (await services.commit(name, write)).value
  return Object.freeze({
    ...lookups,
    summary(): JobSummary {
      services.beginRead('summary')
      return parts.summary()
    },
    enqueue: (input: unknown, options?: EnqueueOptions) => alone((tx) => tx.enqueue(input, options)),
    cancel: (ids: string | readonly string[]) => alone((tx) => tx.cancel(ids)),
    retry: (ids: string | readonly string[]) => alone((tx) => tx.retry(ids)),
    pause: (options?: PauseOptions) => setPaused({ name, services, isPaused: true }, options),
    async resume(options?: PauseOptions) {
      const changed = await setPaused({ name, services, isPaused: false }, options)
      crew.wake()
      return changed
    },
    wait: (id: string, options?: { readonly signal?: AbortSignal }) => waitForJob({ name, crew, services, records }, id, options),
    logs(id: string, query: object = {}) {
      assertKeyText('id', id)
      if (log === undefined) throw misuse('logs', 'asked of a queue that declares a log', name)
      return (services.readsOf(log) as LogReads).read({ ...query, stream: id })
    },
    work: (handler: AnyHandler, options: WorkOptions = {}) => work({ crew, services, name }, handler, options),
  })
}

interface WorkParts {
  readonly crew: Crew
  readonly services: KindServices
  readonly name: string
}

function work({ crew, services, name }: WorkParts, handler: AnyHandler, options: WorkOptions): JobWorker {
  if (typeof handler !== 'function') throw misuse('handler', 'a function that takes a job', handler)
  checkOptions('work', options, workRules)
  services.beginRead('work')
  if (services.readOnly) throw new HoldfastError('STORE_READ_ONLY', `${name}.work needs a store that can be written.`, { method: 'work' })
  const { concurrency = 1, drainMs = defaultDrainMs, signal: stopSignal } = options
  const worker: Worker = crew.work(handler, { concurrency, drainMs })
  const stop = async (given?: { readonly drainMs?: number }): Promise<void> => {
    checkOptions('stop', given, stopRules)
    await worker.stop(given?.drainMs)
  }
  const onAbort = (): void => void stop()
  if (stopSignal?.aborted === true) onAbort()
  else stopSignal?.addEventListener('abort', onAbort, { once: true })
  return Object.freeze({
    get running() {
      return worker.running
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  })
}
