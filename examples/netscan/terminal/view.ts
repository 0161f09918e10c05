/** What a terminal shows: a small replica, made from a snapshot and the commits after it. */
import type { Host, LogLine, Port, Scan, Topology } from '../state.ts'

export interface ShownLine extends LogLine {
  readonly at: number
}

export interface View {
  readonly revision: number
  /** When the last commit was made; 0 before there is one. */
  readonly at: number
  readonly topology: Topology | undefined
  readonly scan: Scan | undefined
  readonly hosts: ReadonlyMap<string, Host>
  readonly ports: ReadonlyMap<string, Port>
  /** The newest lines of the log, oldest first. */
  readonly lines: readonly ShownLine[]
}

export function openPorts(view: View): Port[] {
  return [...view.ports.values()].filter((port) => port.state === 'open' && view.hosts.get(port.address)?.status === 'up')
}
