import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import type { Job } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { IndexedRuntime } from '../collection/indexed-runtime.ts'
import { Counts } from './counts.ts'
import { Crew } from './crew.ts'
import { Desk } from './desk.ts'
import { JobIds, Tokens } from './job-ids.ts'
import { News } from './news.ts'
import { Leases } from './leases.ts'
import { isPaused } from './pause.ts'
import { Ready } from './ready.ts'
import { Schedules } from './schedules.ts'
import { createJobsReads } from './reads.ts'
import { asCollection, StepCells } from './tables.ts'
import { Ticks } from './ticks.ts'
import { Trimmer } from './trimmer.ts'
import { JobsTxImpl, type JobsTxParts } from './tx.ts'

export interface JobsServices extends KindServices {
  /** Name of the log that lines of jobs go to, if the queue declares one. */
  readonly log: string | undefined
}

/** A queue at work. */
export class JobsRuntime extends IndexedRuntime {
  readonly reads: object
  readonly #kind: JobsKind
  readonly #services: KindServices
  readonly #parts: JobsTxParts
  readonly #crew: Crew
  readonly #schedules: Schedules

  constructor(id: number, name: string, kind: JobsKind, services: JobsServices) {
    super({ id, name, feed: kind.feed, services })
    this.#kind = kind
    this.#services = services
    const { records, finder } = this
    const counts = new Counts(id)
    const tables = { leases: new Leases(id), ready: new Ready(id), ticks: new Ticks(id), trimmer: new Trimmer(id, counts, kind), counts }
    this.#parts = {
      name,
      kind,
      records,
      finder,
      ...tables,
      cells: new StepCells(),
      summary: (commit) => Object.freeze({ ...counts.summary(), paused: isPaused(services, name, commit) }),
      ids: new JobIds(),
      tokens: new Tokens(),
      random: services.random,
      news: new News(),
      damaged: new Set(),
    }
    this.#schedules = new Schedules({ name, schedules: kind.schedules, services, ticks: tables.ticks })
    this.#crew = this.#createCrew(services)
    this.reads = createJobsReads({ parts: this.#parts, crew: this.#crew, services, log: services.log })
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    const { cells, leases, ready, counts, ticks, trimmer } = this.#parts
    const { there, layout } = this.attachRecords(connection, stored, asCollection(this.#kind), this.#kind.indexes)
    cells.attach(layout)
    leases.attach(there)
    ready.attach(there, layout)
    counts.attach(there)
    ticks.attach(there)
    trimmer.attach(there, layout)
    this.#crew.attach()
  }

  createTx(commit: CommitContext): object {
    return new JobsTxImpl(commit, this.#parts)
  }

  get drainMs(): number {
    return this.#crew.drainMs
  }

  start(): void {
    this.#crew.start()
    this.#schedules.start()
  }

  async stop(): Promise<void> {
    await this.#schedules.stop()
    await this.#crew.stop()
  }

  #createCrew(services: JobsServices): Crew {
    const { name, kind, records, leases, ready, trimmer, news } = this.#parts
    const desk = new Desk({ name, kind, services, log: services.log })
    const read = (id: string): Job | undefined => {
      this.#services.beginRead('jobs')
      return records.get(id) as Job | undefined
    }
    const nextAt = (): number | undefined => {
      this.#services.beginRead('jobs')
      return isPaused(services, name) ? undefined : ready.nextAt()
    }
    return new Crew({ name, kind, services, desk, leases, news, read, nextAt, isTrimDue: () => trimmer.isDue(services.clock.now()) })
  }
}
