/**
 * Holds every commit against what jobs may do, from the feed alone: what an attempt wrote must stand after the claim of that attempt
 * and before the job went elsewhere; a job is completed once; no state follows one that cannot come before it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { CommitOf, Store } from '../../../src/index.ts'
import type { jobState } from './state.ts'

/** What may follow; `''` is before a job is there. */
const next: Readonly<Record<string, readonly string[]>> = {
  '': ['queued'],
  queued: ['queued', 'running', 'cancelled'],
  running: ['running', 'queued', 'completed', 'failed', 'cancelled'],
}

export class Witness {
  readonly problems: string[] = []
  readonly #jobs = new Map<string, { readonly state: string; readonly attempt: number }>()
  /** How often each time of the schedule was served. */
  readonly ticks = new Map<number, number>()
  completed = 0
  interrupted = 0
  #revision = 0
  readonly #ending = new AbortController()
  readonly #following: Promise<void>

  constructor(store: Store<typeof jobState>) {
    this.#following = this.#follow(store)
  }

  /** Resolves when everything up to now was looked at. */
  async catchUp(revision: number): Promise<void> {
    while (this.#revision < revision) await pause(5)
  }

  async end(): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  async #follow(store: Store<typeof jobState>): Promise<void> {
    for await (const commit of store.follow({ signal: this.#ending.signal })) {
      this.#look(commit)
      this.#revision = commit.revision
    }
  }

  #look({ revision, changes }: CommitOf<typeof jobState>): void {
    // Effects first: they are to be held against the job as it was before the commit that completes it.
    for (const change of changes) {
      if (change.kind !== 'effects' || change.op !== 'put') continue
      const job = this.#jobs.get(change.key)
      if (job?.state !== 'running' || job.attempt !== change.value.attempt) {
        this.problems.push(`r${revision}: attempt ${change.value.attempt} of ${change.key} wrote while it was ${JSON.stringify(job)}`)
      }
    }
    for (const change of changes) {
      if ((change.kind !== 'tasks' && change.kind !== 'ticks') || change.op !== 'put') continue
      const { id, state, attempt, reason, schedule } = change.value
      const before = this.#jobs.get(id)
      if (!next[before?.state ?? '']?.includes(state)) this.problems.push(`r${revision}: ${id} went from ${before?.state} to ${state}`)
      if (state === 'completed') this.completed += 1
      if (state === 'queued' && reason === 'interrupted') this.interrupted += 1
      if (before === undefined && schedule !== undefined) this.ticks.set(schedule.at, (this.ticks.get(schedule.at) ?? 0) + 1)
      this.#jobs.set(id, { state, attempt })
    }
  }
}
