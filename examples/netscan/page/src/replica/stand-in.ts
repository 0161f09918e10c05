/** Stands in for a replica where a test says what it holds. */
import type { NetscanReplica, Status } from './netscan-replica.ts'

export interface StandIn {
  readonly replica: NetscanReplica
  /** Brings the replica into another state. */
  readonly become: (status: Partial<Status>) => void
  /** Tells those who listen to a kind. */
  readonly change: (kind: 'topology' | 'scans' | 'hosts' | 'ports') => void
}

/** @param held what kinds answer with */
export function standIn(ready: Promise<unknown>, held: Partial<NetscanReplica> = {}): StandIn {
  const listeners = new Map<string, Set<() => void>>()
  const subscribe = (name: string) => (listener: () => void) => {
    const found = listeners.get(name) ?? new Set()
    listeners.set(name, found.add(listener))
    return () => void found.delete(listener)
  }
  const tell = (name: string): void => listeners.get(name)?.forEach((listener) => listener())
  let status: Status = { state: 'connecting', revision: undefined }
  const replica: NetscanReplica = {
    ready,
    get status() {
      return status
    },
    onStatus: subscribe('status'),
    subscribe: subscribe('all'),
    call: () => Promise.resolve({ id: '', isNew: true } as never),
    retry: () => undefined,
    ...held,
    topology: { get: () => undefined, ...held.topology, subscribe: subscribe('topology') },
    scans: { find: () => ({ items: [] }), ...held.scans, subscribe: subscribe('scans') },
    reports: { find: () => ({ items: [] }), ...held.reports, subscribe: subscribe('reports') },
    reportFiles: { find: () => ({ items: [] }), ...held.reportFiles, subscribe: subscribe('reportFiles') },
    hosts: { find: () => ({ items: [] }), ...held.hosts, subscribe: subscribe('hosts') },
    ports: { find: () => ({ items: [] }), ...held.ports, subscribe: subscribe('ports') },
    console: { read: () => [], ...held.console, subscribe: subscribe('console') },
  }
  const become = (next: Partial<Status>): void => {
    status = { ...status, ...next }
    tell('status')
  }
  return { replica, become, change: tell }
}
