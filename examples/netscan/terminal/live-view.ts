/** A replica for the terminal: a snapshot of the store at one revision, then each commit after it. */
import type { Host, NetscanCommit, NetscanStore, Port, Report, ReportFile, Scan, Topology } from '../state.ts'
import type { ShownLine, View } from './view.ts'

/** Log lines held. */
const maxLines = 200

type NetscanChange = NetscanCommit['changes'][number]

export class LiveView implements View {
  readonly hosts = new Map<string, Host>()
  readonly ports = new Map<string, Port>()
  readonly scans = new Map<string, Scan>()
  readonly reports = new Map<string, Report>()
  readonly files = new Map<string, ReportFile>()
  topology: Topology | undefined
  lines: readonly ShownLine[] = []
  at = 0
  revision: number
  /** Where to follow from. */
  cursor: string

  private constructor(cursor: string, revision: number) {
    this.cursor = cursor
    this.revision = revision
  }

  static async load(store: NetscanStore): Promise<LiveView> {
    const { cursor, revision, kinds } = await store.snapshot()
    const view = new LiveView(cursor, revision)
    for (const { value } of kinds.topology.items()) view.topology = value
    for (const { key, value } of kinds.hosts.items()) view.hosts.set(key, value)
    for (const { key, value } of kinds.ports.items()) view.ports.set(key, value)
    for (const { key, value, at } of kinds.scans.items()) {
      view.scans.set(key, value)
      view.at = Math.max(view.at, at)
    }
    for (const { key, value } of kinds.reports.items()) view.reports.set(key, value)
    for (const { key, value } of kinds.reportFiles.items()) view.files.set(key, value)
    const lines = [...kinds.console.items()].toSorted((a, b) => a.seq - b.seq)
    view.lines = lines.slice(-maxLines).map(({ seq, stream, at, value }) => ({ ...value, seq, stream, at }))
    return view
  }

  /** Applies a commit whole; commits come in order, each once. */
  apply(commit: NetscanCommit): void {
    for (const change of commit.changes) this.#apply(change, commit.at)
    this.cursor = commit.cursor
    this.revision = commit.revision
    this.at = commit.at
  }

  #apply(change: NetscanChange, at: number): void {
    if (change.op === 'append') this.#append(change, at)
    else if (change.op === 'trim') this.#trim(change)
    else if (change.kind === 'topology') this.topology = change.op === 'put' ? change.value : undefined
    else if (change.kind === 'hosts') setOrDelete(this.hosts, change)
    else if (change.kind === 'ports') setOrDelete(this.ports, change)
    else if (change.kind === 'scans') setOrDelete(this.scans, change)
    else if (change.kind === 'reports') setOrDelete(this.reports, change)
    else if (change.kind === 'reportFiles') setOrDelete(this.files, change)
  }

  #append({ seq, stream, value }: Extract<NetscanChange, { op: 'append' }>, at: number): void {
    if (value) this.lines = [...this.lines, { ...value, seq, stream, at }].slice(-maxLines)
  }

  #trim({ stream, through }: Extract<NetscanChange, { op: 'trim' }>): void {
    this.lines = this.lines.filter((line) => line.seq > through || (stream !== null && stream !== line.stream))
  }
}

function setOrDelete<Value>(records: Map<string, Value>, change: { readonly key: string; readonly value?: Value }): void {
  if (change.value === undefined) records.delete(change.key)
  else records.set(change.key, change.value)
}
