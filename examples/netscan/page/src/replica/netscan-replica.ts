/** What the page asks of its replica: the part of what `connect` returns that is used here, so that a test can stand in for it. */
import type { Host, LogLine, Port, Request, Scan, Topology } from '../../../state.ts'

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
  read(query: { readonly limit: number }): readonly LogEntry<Value>[]
}

export interface LogEntry<Value> {
  readonly seq: number
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
  readonly scan: DocumentReads<Scan>
  readonly request: DocumentReads<Request>
  readonly hosts: CollectionReads<Host>
  readonly ports: CollectionReads<Port>
  readonly console: LogReads<LogLine>
  /** Answers with the id of the scan. */
  call(action: 'startScan', input: ScanWish): Promise<string>
  /** Asks the server again at once. */
  retry(): void
}
