/**
 * What can become of a job, each inside a commit.
 *
 *   enqueue ─▶ queued ──claim──▶ running ──complete──▶ completed
 *                ▲  ▲               │ ├────fail───────▶ failed        (out of attempts)
 *                │  └─ fail, release, interrupt         ▲
 *                │                  │                   └─ interrupt  (out of attempts)
 *                └── retry ── any that has ended        cancel: queued or running ─▶ cancelled
 *
 * Whoever runs a job holds its lease, and shows the token with each step: a stale one is LEASE_LOST and changes nothing. The lease
 * is looked at inside the commit, so no step of another can come in between.
 */
import { backoffDelayMs } from '../../base/backoff.ts'
import type { Random } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { RecordDraft } from '../../engine/records/record-draft.ts'
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Job, JobError, JobReason, JobState } from '../../state/job.ts'
import type { JobsKind, ReadSchedule } from '../../state/jobs-kind.ts'
import { validate } from '../../state/standard-schema.ts'
import { textOfStored, toStored } from '../../state/value.ts'
import { CountDraft, type Counts } from './counts.ts'
import { checkEnqueue, type EnqueueOptions } from './enqueue-options.ts'
import type { JobIds, Tokens } from './job-ids.ts'
import { heartbeatMs, type Hold, type Lease, type Leases } from './leases.ts'
import type { News } from './news.ts'
import type { Ready } from './ready.ts'
import type { StepCells } from './tables.ts'
import type { Ticks } from './ticks.ts'
import type { Trimmer } from './trimmer.ts'

/** What came of an enqueue. */
export interface Enqueued {
  /** Of the new job, or of the one with the same key that is under way. */
  readonly id: string
  readonly isNew: boolean
}

/** A job that was claimed, and the right to run it. */
export interface Claimed {
  readonly job: Job
  readonly hold: Hold
}

/** Who claims: an open store, in a process. */
export interface Claimant {
  readonly owner: string
  readonly process: string
}

/** Jobs that change in one commit have about so many characters together, or are one. */
const mostCharacters = 1024 * 1024

export interface QueueParts {
  readonly name: string
  readonly kind: JobsKind
  readonly records: RecordSet
  readonly cells: StepCells
  readonly leases: Leases
  readonly ready: Ready
  readonly ticks: Ticks
  readonly trimmer: Trimmer
  readonly counts: Counts
  readonly news: News
  readonly ids: JobIds
  readonly tokens: Tokens
  readonly random: Random
  /** Ids of jobs whose stored text is damaged; they are passed over. */
  readonly damaged: Set<string>
}

export class Transitions {
  readonly #commit: CommitContext
  readonly #parts: QueueParts
  #draft: RecordDraft | undefined
  #counts: CountDraft | undefined
  #news: Job[] | undefined

  constructor(commit: CommitContext, parts: QueueParts) {
    this.#commit = commit
    this.#parts = parts
  }

  /** @throws TypeError · RangeError · HoldfastError SCHEMA_REJECTED · SCHEMA_ASYNC · VALUE_INVALID */
  enqueue(given: unknown, options: EnqueueOptions | undefined, schedule?: Job['schedule']): Enqueued {
    const { name, kind, ready, ids } = this.#parts
    const { at } = this.#commit
    checkEnqueue(name, options, at)
    const input = validate(kind.input, given, name)
    const { key, priority = 0, delayMs = 0, runAt, attempts = kind.attempts, actor } = options ?? {}
    const active = key === undefined ? undefined : ready.activeOf(key)
    if (active !== undefined) return { id: active, isNew: false }
    const id = ids.next(at)
    const due = Math.max(at, runAt ?? at + delayMs)
    const job = { id, state: 'queued' as const, input, priority, attempt: 0, attempts, runAt: due, createdAt: at }
    const isPlain = key === undefined && actor === undefined && schedule === undefined
    const form = toStored(isPlain ? job : { ...job, key, actor, schedule }, name)
    this.#parts.records.add(this.#drafted(), id, form)
    this.#note(undefined, form.data as Job)
    return { id, isNew: true }
  }

  /** Gives at most `limit` jobs to whoever asks, in their turn. */
  claim(limit: number, claimant: Claimant): readonly Claimed[] {
    const { ready, damaged, records } = this.#parts
    const ids = ready.take(this.#commit.at, limit + damaged.size).filter((id) => !damaged.has(id))
    const claimed: Claimed[] = []
    let size = 0
    for (const id of ids.slice(0, limit)) {
      // It is written at once: that it was used is not worth remembering.
      const slot = records.known(id) ?? records.find(id)
      if (slot === undefined) continue
      const job = records.valueOf(id, slot) as Job | undefined
      if (job === undefined) damaged.add(id)
      else claimed.push(this.#begin(job, claimant))
      size += slot.text.length
      // Large jobs are taken a few at a time: a commit has a limit.
      if (size > mostCharacters) break
    }
    return claimed
  }

  #begin(before: Job, claimant: Claimant): Claimed {
    const { kind, leases, tokens } = this.#parts
    const { owner, process } = claimant
    const { at } = this.#commit
    const { id } = before
    const hold = { id, token: tokens.next(owner), attempt: before.attempt + 1 }
    const beats = Math.max(1, Math.ceil(kind.timeoutMs / heartbeatMs(kind.leaseMs)))
    leases.grant({ job: id, token: hold.token, owner, process, beats, expires: at + kind.leaseMs })
    const job: Job = Object.freeze({ ...before, state: 'running', attempt: hold.attempt, startedAt: at })
    return { job: this.#step(before, job), hold }
  }

  isHeld(hold: Hold): boolean {
    return this.#parts.leases.holds(hold)
  }

  /** @throws HoldfastError LEASE_LOST */
  assertHeld(hold: Hold): void {
    if (this.#parts.leases.holds(hold)) return
    throw leaseLost(this.#parts.name, hold)
  }

  /** @param result stored form, frozen. @throws HoldfastError LEASE_LOST, and nothing was written */
  complete(hold: Hold, result: unknown): void {
    const was = this.#release(hold)
    const ended = { state: 'completed', endedAt: this.#commit.at } as const
    if (was.error !== undefined || was.reason !== undefined) this.#change(was, { ...ended, result, error: undefined, reason: undefined })
    else this.#step(was, Object.freeze(result === undefined ? { ...was, ...ended } : { ...was, result, ...ended }))
  }

  /** Queues the job for its next attempt, or ends it where there is none. @throws HoldfastError LEASE_LOST, and nothing was written */
  fail(hold: Hold, error: JobError, { isFinal, reason }: { readonly isFinal: boolean; readonly reason?: JobReason | undefined }): void {
    const { kind, random } = this.#parts
    const job = this.#release(hold)
    if (isFinal || job.attempt >= job.attempts) return this.#end(job, { state: 'failed', error, reason })
    const runAt = this.#commit.at + Math.round(backoffDelayMs(kind.backoff, job.attempt - 1, random))
    this.#queue(job, { runAt, error, reason: reason ?? 'retrying' })
  }

  /** Gives a job back undone: the attempt does not count. @throws HoldfastError LEASE_LOST, and nothing was written */
  release(hold: Hold): void {
    const job = this.#release(hold)
    this.#queue(job, { attempt: job.attempt - 1, reason: 'stopped' })
  }

  /** Takes a job from an owner that is gone; false when it is not as it was seen any more. */
  interrupt(lease: Lease): boolean {
    const { leases, records } = this.#parts
    if (!leases.isUnchanged(lease)) return false
    const id = lease.job
    const job = records.get(id) as Job | undefined
    if (job === undefined) leases.end(id)
    else if (job.attempt >= job.attempts) this.#end(job, { state: 'failed', reason: 'interrupted' })
    else this.#queue(job, { runAt: this.#commit.at, reason: 'interrupted' })
    return true
  }

  /** @param value stored form, frozen. @throws HoldfastError LEASE_LOST */
  progress(hold: Hold, value: unknown): void {
    this.assertHeld(hold)
    this.#change(this.#jobOf(hold), { progress: value })
  }

  /** False when the job is not queued or running. */
  cancel(id: string): boolean {
    const job = this.#parts.records.get(id) as Job | undefined
    if (job === undefined || isEnded(job)) return false
    this.#end(job, { state: 'cancelled', reason: 'cancelled' })
    return true
  }

  /** Queues a job that has ended as if it were new; false when it has not, or when another one of its key is under way. */
  retry(id: string): boolean {
    const { records, ready } = this.#parts
    const job = records.get(id) as Job | undefined
    if (job === undefined || !isEnded(job)) return false
    if (job.key !== undefined && ready.activeOf(job.key) !== undefined) return false
    const anew = { attempt: 0, runAt: this.#commit.at, progress: undefined, result: undefined, error: undefined, endedAt: undefined }
    this.#queue(job, { ...anew, reason: 'retried' })
    return true
  }

  /** Forgets jobs that ended long ago; answers how many. */
  trim(): number {
    const { trimmer, records } = this.#parts
    let [count, size] = [0, 0]
    for (const { id, state } of trimmer.next(this.#commit.at)) {
      size += records.find(id)?.text.length ?? 0
      if (count > 0 && size > mostCharacters) break
      if (!records.remove(this.#drafted(), id)) continue
      this.#counts?.move(state, undefined)
      count += 1
    }
    return count
  }

  /** The counts as this commit leaves them until now can be read. */
  flushCounts(): void {
    this.#counts?.flush()
  }

  beginSchedule(schedule: ReadSchedule): void {
    this.#parts.ticks.begin(schedule, this.#commit.at)
    this.#commit.writesBeside = true
  }

  /** Enqueues the job of one time of a schedule, unless somebody has. */
  serve(schedule: ReadSchedule, at: number): void {
    if (!this.#parts.ticks.advance(schedule, at)) return
    this.#commit.writesBeside = true
    const { key, priority, attempts, input, name } = schedule
    this.enqueue(input, { key, priority, attempts }, { name, at })
  }

  /** Ends the lease of an attempt. */
  #release(hold: Hold): Job {
    const job = this.#jobOf(hold)
    if (!this.#parts.leases.release(hold)) throw leaseLost(this.#parts.name, hold)
    return job
  }

  #jobOf(hold: Hold): Job {
    const job = this.#parts.records.get(hold.id) as Job | undefined
    if (job === undefined) throw leaseLost(this.#parts.name, hold)
    return job
  }

  #end(job: Job, change: Change): void {
    this.#parts.leases.end(job.id)
    this.#change(job, { ...change, endedAt: this.#commit.at })
  }

  #queue(job: Job, change: Change): void {
    this.#parts.leases.end(job.id)
    this.#change(job, { ...change, state: 'queued', startedAt: undefined })
  }

  /**
   * Writes a job with some fields changed; answers with what is stored then. What a job consists of was checked when it came in, and
   * what changes is given in its stored form: nothing of it is checked, copied or parsed again.
   */
  #change(was: Job, change: Change): Job {
    return this.#step(was, withChange(was, change))
  }

  /** As `#change`, with the job as it is to be. */
  #step(was: Job, job: Job): Job {
    const { records, cells } = this.#parts
    const text = textOfStored(job)
    records.change(this.#drafted(), job.id, text, cells.between(was, job))
    if (isEnded(job)) records.letGo(job.id)
    else records.adopt(job.id, text, job)
    this.#note(was.state, job)
    return job
  }

  #note(was: JobState | undefined, job: Job): void {
    this.#counts?.move(was, job.state)
    this.#news?.push(job)
  }

  #drafted(): RecordDraft {
    if (this.#draft === undefined) {
      this.#commit.noteKind(this.#parts.kind.durability)
      this.#draft = this.#parts.records.draft(this.#commit)
      this.#counts = new CountDraft(this.#parts.counts, this.#commit)
      if (this.#parts.news.isWanted) this.#gather()
    }
    return this.#draft
  }

  #gather(): void {
    const jobs: Job[] = []
    this.#news = jobs
    this.#commit.onMade(() => this.#parts.news.tell(jobs))
  }
}

/** Fields that change; those that are undefined go. */
type Change = { readonly [Field in Exclude<keyof Job, 'id'>]?: Job[Field] | undefined }

function withChange(was: Job, change: Change): Job {
  const job: { [field: string]: unknown } = { ...was }
  for (const field in change) {
    const value = change[field as keyof Change]
    if (value !== undefined) job[field] = value
    else if (field in job) delete job[field]
  }
  return Object.freeze(job) as unknown as Job
}

export function isEnded({ state }: Job): boolean {
  return state !== 'queued' && state !== 'running'
}

export function leaseLost(kind: string, { id, attempt }: Hold): HoldfastError<'LEASE_LOST'> {
  const message = `Attempt ${attempt} of ${kind} ${JSON.stringify(id)} does not hold its lease any more.`
  return new HoldfastError('LEASE_LOST', message, { kind, id, attempt })
}
