import type { CommitContext } from '../../engine/commit/commit-context.ts'
import type { KindRuntime, KindServices, StoredKind } from '../../engine/kind-runtime.ts'
import { RecordSet } from '../../engine/records/record-set.ts'
import { readRecordLine, recordSnapshot } from '../../engine/records/record-snapshot.ts'
import type { LineReader } from '../../engine/snapshot/snapshot.ts'
import type { SnapshotSource } from '../../engine/snapshot/snapshot-source.ts'
import type { Job } from '../../state/job.ts'
import type { JobsKind } from '../../state/jobs-kind.ts'
import type { FeedMode } from '../../state/kind.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { createColumns } from '../collection/columns.ts'
import { Finder } from '../collection/finder.ts'
import { layoutOf, layoutOfNew } from '../collection/tables.ts'
import { Counts } from './counts.ts'
import { Crew } from './crew.ts'
import { Desk } from './desk.ts'
import { JobIds, Tokens } from './job-ids.ts'
import { Leases } from './leases.ts'
import { Ready } from './ready.ts'
import { Schedules } from './schedules.ts'
import { createJobsReads } from './reads.ts'
import { asCollection } from './tables.ts'
import { Ticks } from './ticks.ts'
import { Trimmer } from './trimmer.ts'
import { JobsTxImpl, type JobsTxParts } from './tx.ts'

export interface JobsServices extends KindServices {
  /** Name of the log that lines of jobs go to, if the queue declares one. */
  readonly log: string | undefined
}

/** A queue at work. */
export class JobsRuntime implements KindRuntime {
  readonly id: number
  readonly name: string
  readonly feed: FeedMode
  readonly reads: object
  readonly snapshot: SnapshotSource
  readonly readLine: LineReader = readRecordLine
  isStored = false
  readonly #kind: JobsKind
  readonly #services: KindServices
  readonly #parts: JobsTxParts
  readonly #crew: Crew
  readonly #schedules: Schedules

  constructor(id: number, name: string, kind: JobsKind, services: JobsServices) {
    this.id = id
    this.name = name
    this.feed = kind.feed
    this.#kind = kind
    this.#services = services
    const records = new RecordSet({ id, name, isHashed: kind.feed !== 'value', isLocal: false, ...services })
    const finder = new Finder(records)
    const counts = new Counts(id)
    const tables = { leases: new Leases(id), ready: new Ready(id), ticks: new Ticks(id), trimmer: new Trimmer(id, counts, kind), counts }
    this.#parts = {
      name,
      kind,
      records,
      finder,
      ...tables,
      ids: new JobIds(),
      tokens: new Tokens(),
      random: services.random,
      damaged: new Set(),
    }
    this.#schedules = new Schedules({ name, schedules: kind.schedules, services, ticks: tables.ticks })
    this.#crew = this.#createCrew(services)
    this.reads = createJobsReads({ parts: this.#parts, crew: this.#crew, services, log: services.log })
    this.snapshot = recordSnapshot(id, name)
  }

  attach(connection: Connection, stored: StoredKind | undefined): void {
    this.isStored = stored !== undefined
    const { records, finder, leases, ready, counts, ticks, trimmer } = this.#parts
    const layout = stored === undefined ? layoutOfNew(asCollection(this.#kind)) : layoutOf(stored)
    const there = stored === undefined ? undefined : connection
    records.attach(there, createColumns(this.id, this.name, layout))
    finder.attach(there, { id: this.id, kind: this.name, layout, declared: this.#kind.indexes })
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

  origin(key: string): { readonly revision: number; readonly at: number } | undefined {
    const slot = this.#parts.records.find(key)
    return slot && { revision: slot.revision, at: slot.at }
  }

  forget(): void {
    this.#parts.records.forget()
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
    const { name, kind, records, leases, ready, counts, trimmer } = this.#parts
    const desk = new Desk({ name, kind, services, log: services.log })
    const read = (id: string): Job | undefined => {
      this.#services.beginRead('jobs')
      return records.get(id) as Job | undefined
    }
    const nextAt = (): number | undefined => {
      this.#services.beginRead('jobs')
      return counts.isPaused ? undefined : ready.nextAt()
    }
    return new Crew({ name, kind, services, desk, leases, read, nextAt, isTrimDue: () => trimmer.isDue(services.clock.now()) })
  }
}
