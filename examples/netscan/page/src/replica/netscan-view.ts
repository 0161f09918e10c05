/** What the page shows, as readings, and the one thing it can ask for. */
import type { Host, LogLine, Port, Request, Scan, Topology } from '../../../state.ts'
import { type Connection, readConnection } from './connection.ts'
import type { CollectionReads, LogEntry, NetscanReplica, ScanWish, Watched } from './netscan-replica.ts'
import { createReading, type Reading } from './use-replica.ts'

/** Lines of the log on the page. */
const shownLines = 500
/** The most a query answers with at once. */
const pageSize = 1_000

export interface NetscanView {
  readonly connection: Reading<Connection>
  readonly topology: Reading<Topology | undefined>
  readonly scan: Reading<Scan | undefined>
  /** A scan that was asked for and has not begun. */
  readonly request: Reading<Request | undefined>
  readonly hosts: Reading<readonly Host[]>
  readonly ports: Reading<readonly Port[]>
  /** The newest lines, oldest first. */
  readonly lines: Reading<readonly LogEntry<LogLine>[]>
  /** Resolves with the id of the scan when the wish for it is on record; rejects when it is not to be. */
  readonly startScan: (wish: ScanWish) => Promise<string>
  /** Tries to connect at once, instead of after a while. */
  readonly retry: () => void
}

export function viewNetscan(replica: NetscanReplica, now: () => number = Date.now): NetscanView {
  const { topology, scan, request, hosts, ports, console: lines } = replica
  const whenReady = (renew: () => void): (() => void) => {
    void replica.ready.then(renew, () => undefined)
    return () => undefined
  }
  const reading = <Value>(kind: Watched, read: () => Value): Reading<Value> =>
    createReading(read, [whenReady, (renew) => kind.subscribe(renew)])
  return {
    connection: readConnection(replica, now),
    topology: reading(topology, () => topology.get()),
    scan: reading(scan, () => scan.get()),
    request: reading(request, () => request.get()),
    hosts: reading(hosts, () => readAll(hosts)),
    ports: reading(ports, () => readAll(ports)),
    lines: reading(lines, () => lines.read({ limit: shownLines })),
    startScan: (wish) => replica.call('startScan', wish),
    retry: () => replica.retry(),
  }
}

function readAll<Value>(collection: CollectionReads<Value>): readonly Value[] {
  let page = collection.find({ limit: pageSize })
  const found = [...page.items]
  while (page.next !== undefined) {
    page = collection.find({ limit: pageSize, after: page.next })
    found.push(...page.items)
  }
  return found
}
