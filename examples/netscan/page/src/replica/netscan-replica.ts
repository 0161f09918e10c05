/** What the page asks of its replica: the part of what `connect` returns that is used here, so that a test can stand in for it. */
import type { actions } from '../../../actions.ts'
import type { Queue } from '../../../jobs.ts'
import type { Host, LogLine, Port, Report, ReportFile, Scan, Topology, netscan } from '../../../state.ts'
import type { Replica } from '../holdfast.ts'

export interface Status {
  readonly state: 'connecting' | 'hydrating' | 'live' | 'resuming' | 'offline' | 'refused' | 'outdated' | 'closed'
  /** Undefined before there is anything. */
  readonly revision: number | undefined
}

/** What the server needs to know to start a scan. */
export interface ScanWish {
  readonly target: string
  /** As in 22,80,8000-8100; the server chooses when not given. */
  readonly ports?: string
}

export interface JobName {
  readonly queue: Queue
  readonly id: string
}

export interface Watched {
  subscribe(listener: () => void): () => void
}

interface DocumentReads<Value> extends Watched {
  get(): Value | undefined
}

export interface CollectionReads<Value> extends Watched {
  find(query: { readonly limit: number; readonly after?: string }): { readonly items: readonly Value[]; readonly next?: string | undefined }
}

interface LogReads<Value> extends Watched {
  read(query: { readonly limit: number; readonly stream?: string }): readonly LogEntry<Value>[]
}

export interface LogEntry<Value> {
  readonly seq: number
  /** The job that wrote it. */
  readonly stream: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly value: Value
}

export interface NetscanReplica extends Watched {
  /** Resolves once there is something to read. */
  readonly ready: Promise<unknown>
  readonly status: Status
  onStatus(listener: () => void): () => void
  readonly topology: DocumentReads<Topology>
  readonly scans: CollectionReads<Scan>
  readonly reports: CollectionReads<Report>
  readonly reportFiles: CollectionReads<ReportFile>
  readonly hosts: CollectionReads<Host>
  readonly ports: CollectionReads<Port>
  readonly console: LogReads<LogLine>
  /** Resolves when what was asked for is on record. */
  readonly call: Replica<typeof netscan, typeof actions>['call']
  /** Asks the server again at once. */
  retry(): void
}
