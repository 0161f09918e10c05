/**
 * What goes on around a queue in one open store: workers and those who wait for jobs, kept informed; leases renewed and swept; jobs
 * that ended long ago forgotten.
 */
import type { Timer } from '../../base/clock.ts'
import { isHoldfastError } from '../../base/error.ts'
import { KeepAlive } from '../../engine/keep-alive.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import { nameProcess } from '../../sqlite/process-life.ts'
import type { Job } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import type { AnyHandler } from './attempt.ts'
import type { Desk } from './desk.ts'
import { inHalves } from './in-halves.ts'
import { heartbeatMs, type Lease, type Leases } from './leases.ts'
import type { News } from './news.ts'
import { Sweeper } from './sweeper.ts'
import type { Claimant } from './transitions.ts'
import { isEnded } from './transitions.ts'
import { JobsTxImpl } from './tx.ts'
import { Worker, type WorkerOptions } from './worker.ts'

/** How often what nobody tells is looked for, ms; with short leases more often. */
const longestTickMs = 1000

export interface CrewParts {
  readonly name: string
  readonly kind: JobsKind
  readonly services: KindServices
  readonly desk: Desk
  readonly leases: Leases
  readonly news: News
  /** The job, read now. */
  readonly read: (id: string) => Job | undefined
  readonly nextAt: () => number | undefined
  /** There are jobs to be forgotten. */
  readonly isTrimDue: () => boolean
}

export class Crew {
  readonly #parts: CrewParts
  readonly #claimant: Claimant
  readonly #sweeper: Sweeper
  readonly #workers = new Set<Worker>()
  readonly #waiting = new Map<string, Set<(job: Job | undefined) => void>>()
  readonly #alive = new KeepAlive()
  readonly #tickMs: number
  #isStarted = false
  #isRenewing = false
  #timer: Timer | undefined
  #unwatch: (() => void) | undefined
  #sweeping: Promise<void> | undefined
  #trimming: Promise<void> | undefined

  constructor(parts: CrewParts) {
    const { services, kind } = parts
    this.#parts = parts
    this.#claimant = { owner: services.instance, process: nameProcess(services.bootId) }
    this.#tickMs = Math.min(longestTickMs, heartbeatMs(kind.leaseMs))
    const { process } = this.#claimant
    const { clock } = services
    this.#sweeper = new Sweeper({ clock, leaseMs: kind.leaseMs, everyMs: this.#tickMs, process, isOwn: (lease) => this.#isOwn(lease) })
  }

  /** The helper may be another one: it has to be asked again. */
  attach(): void {
    if (this.#isRenewing) this.#renew(true)
  }

  /** Call once, when the store can be written. */
  start(): void {
    this.#isStarted = true
    this.#tick()
  }

  /** The longest that a worker lets running jobs go on when it is stopped, ms. */
  get drainMs(): number {
    return Math.max(0, ...[...this.#workers].map((worker) => worker.drainMs))
  }

  async stop(): Promise<void> {
    this.#isStarted = false
    this.#timer?.cancel()
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
    await this.#sweeping
    await this.#trimming
    for (const id of this.#waiting.keys()) this.#tell(id, undefined)
  }

  work(handler: AnyHandler, options: WorkerOptions): Worker {
    const { services, desk, nextAt } = this.#parts
    // A worker keeps the process alive, however it is stopped.
    const release = this.#alive.hold()
    const onStopped = (stopped: Worker): void => {
      release()
      this.#dismiss(stopped)
    }
    const worker = new Worker({ services, desk, nextAt, onStopped, claimant: this.#claimant }, handler, options)
    this.#workers.add(worker)
    this.#renew(true)
    this.#watch()
    worker.wake()
    return worker
  }

  /** Keeps the process alive until the returned function is called. */
  hold(): () => void {
    return this.#alive.hold()
  }

  #dismiss(worker: Worker): void {
    this.#workers.delete(worker)
    if (this.#workers.size === 0) this.#renew(false)
    this.#rest()
  }

  /** Calls back with the job once it has ended; with undefined when the store closes first. */
  whenEnded(id: string, callback: (job: Job | undefined) => void): () => void {
    const callbacks = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, callbacks.add(callback))
    this.#watch()
    return () => {
      callbacks.delete(callback)
      if (callbacks.size === 0) this.#waiting.delete(id)
      this.#rest()
    }
  }

  /** There may be work that nobody is told of. */
  wake(): void {
    for (const worker of this.#workers) worker.wake()
  }

  #watch(): void {
    if (this.#unwatch !== undefined) return
    this.#parts.news.listen((jobs) => this.#hear(jobs))
    this.#unwatch = this.#parts.services.watchOthers(() => this.#lookAround())
  }

  #rest(): void {
    if (this.#workers.size > 0 || this.#waiting.size > 0) return
    this.#parts.news.listen(undefined)
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  /** A commit of this process was made. */
  #hear(jobs: readonly Job[]): void {
    for (const job of jobs) if (this.#waiting.has(job.id) || this.#isRunning(job.id)) this.#consider(job.id, job)
    this.wake()
  }

  /** Others have written: whatever it was shows in what there is now. */
  #lookAround(): void {
    try {
      this.#parts.services.beginRead('jobs')
      this.#checkOwn(this.#parts.leases.all())
      this.wake()
      for (const id of this.#waiting.keys()) this.#consider(id, undefined)
    } catch (error) {
      if (!isHoldfastError(error, 'STORE_CLOSED')) this.#reportLook(error)
    }
  }

  #reportLook(error: unknown): void {
    const { services, name } = this.#parts
    services.report({ type: 'background-failed', message: `Looking after ${name} failed; it is tried again.`, error })
  }

  /** @param told what a commit has made of it; without, it is read */
  #consider(id: string, told: Job | undefined): void {
    const job = told ?? this.#parts.read(id)
    for (const worker of this.#workers) {
      const attempt = worker.attemptOf(id)
      if (attempt === undefined) continue
      if (job?.state === 'cancelled') attempt.cutShort('cancelled')
      else if (told === undefined || attempt.hold.attempt === told.attempt) continue
      // Told of an older attempt, it is only late.
      else if (told.attempt > attempt.hold.attempt) attempt.cutShort('lost')
    }
    if (job === undefined || isEnded(job)) this.#tell(id, job)
  }

  #tell(id: string, job: Job | undefined): void {
    for (const callback of [...(this.#waiting.get(id) ?? [])]) callback(job)
  }

  #isRunning(id: string): boolean {
    for (const worker of this.#workers) if (worker.attemptOf(id) !== undefined) return true
    return false
  }

  /** Being worked on here, or claimed in a commit whose outcome is on its way. */
  #isOwn({ job, token, owner }: Lease): boolean {
    if (owner !== this.#claimant.owner) return false
    const workers = [...this.#workers]
    return workers.some((worker) => worker.isClaiming || worker.attemptOf(job)?.hold.token === token)
  }

  #renew(isOn: boolean): void {
    const { services, leases, kind, name } = this.#parts
    this.#isRenewing = isOn
    const step = isOn ? leases.renewal(services.instance, kind.leaseMs) : undefined
    services.repeat({ name: `lease of ${name}`, everyMs: heartbeatMs(kind.leaseMs), step })
  }

  #tick(): void {
    if (!this.#isStarted) return
    const { services } = this.#parts
    try {
      services.beginRead('jobs')
      this.#sweep()
      if (this.#trimming === undefined && this.#parts.isTrimDue()) this.#trimming = this.#trim()
      this.wake()
      for (const id of this.#waiting.keys()) this.#consider(id, undefined)
    } catch (error) {
      if (isHoldfastError(error, 'STORE_CLOSED')) return
      this.#reportLook(error)
    }
    this.#timer = services.clock.after(this.#tickMs, () => this.#tick(), { background: true })
  }

  #sweep(): void {
    const leases = this.#parts.leases.all()
    this.#checkOwn(leases)
    const lost = this.#sweeper.look(leases)
    if (lost.length > 0 && this.#sweeping === undefined) this.#sweeping = this.#interrupt(lost)
  }

  /** What runs here without its lease is not ours any more: somebody took it while this process slept, or cancelled it. */
  #checkOwn(leases: readonly Lease[]): void {
    const tokens = new Map(leases.map(({ job, token }) => [job, token]))
    for (const worker of this.#workers)
      for (const attempt of worker.attempts()) {
        if (tokens.get(attempt.job.id) === attempt.hold.token) continue
        attempt.cutShort(this.#parts.read(attempt.job.id)?.state === 'cancelled' ? 'cancelled' : 'lost')
      }
  }

  async #interrupt(lost: readonly Lease[]): Promise<void> {
    const { services, name } = this.#parts
    const commit = (some: readonly Lease[]): Promise<unknown> =>
      services.commit(
        name,
        (tx) => {
          const transitions = JobsTxImpl.transitionsOf(tx)
          for (const lease of some) transitions.interrupt(lease)
        },
        { label: 'interrupt' },
      )
    try {
      await inHalves(lost, commit)
    } catch (error) {
      services.report({ type: 'background-failed', message: `Jobs of ${name} whose worker is gone could not be queued again yet.`, error })
    }
    this.#sweeping = undefined
  }

  /** Step by step, so that others have their turn between, until nothing is too much or too old. */
  async #trim(): Promise<void> {
    const { services, name } = this.#parts
    const step = (tx: object): number => JobsTxImpl.transitionsOf(tx).trim()
    try {
      for (let trimmed = 1; trimmed > 0 && this.#isStarted;) {
        trimmed = (await services.commit(name, step, { label: 'trim', durability: 'process' })).value
      }
    } catch (error) {
      if (!isHoldfastError(error, 'STORE_CLOSED'))
        services.report({ type: 'background-failed', message: `Old jobs of ${name} could not be forgotten yet.`, error })
    }
    this.#trimming = undefined
  }
}
