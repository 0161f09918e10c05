/** What a terminal shows of the store. */
import type { Host, LogLine, Port, Report, ReportFile, Scan, Topology } from '../state.ts'

export interface ShownLine extends LogLine {
  readonly seq: number
  readonly stream: string
  readonly at: number
}

/** Records by their keys. */
export type Records<Value> = ReadonlyMap<string, Value>

export interface View {
  readonly revision: number
  /** When the last commit was made; 0 before there is one. */
  readonly at: number
  readonly topology: Topology | undefined
  readonly scans: Records<Scan>
  readonly reports: Records<Report>
  readonly files: Records<ReportFile>
  readonly hosts: Records<Host>
  readonly ports: Records<Port>
  /** The newest lines of the log, oldest first. */
  readonly lines: readonly ShownLine[]
}

/** Open ports of hosts that are up. */
export function openPorts(view: View): Port[] {
  return [...view.ports.values()].filter((port) => port.state === 'open' && view.hosts.get(port.address)?.status === 'up')
}

/** How long a view of the store is shown: until the signal aborts, the store closes, or the scans are such that it is enough. */
export interface ShowOptions {
  readonly signal: AbortSignal
  isEnough(scans: Records<Scan>): boolean
}
