/** What the page shows, as readings, and what it can ask for. */
import { arrangeJobs } from '../../../job-state.ts'
import type { AskedJob } from '../../../jobs.ts'
import type { Host, LogLine, Port, Report, ReportFile, Scan, Topology } from '../../../state.ts'
import { type Connection, readConnection } from './connection.ts'
import type { CollectionReads, JobName, LogEntry, NetscanReplica, ScanWish, Watched } from './netscan-replica.ts'
import { createReading, type Reading } from './use-replica.ts'

/** Lines of the log on the page. */
const shownLines = 500
/** The most a query answers with at once. */
const pageSize = 1_000

export interface NetscanView {
  readonly connection: Reading<Connection>
  readonly topology: Reading<Topology | undefined>
  /** Those under way first, the newest first. */
  readonly scans: Reading<readonly Scan[]>
  readonly reports: Reading<readonly Report[]>
  readonly files: Reading<readonly ReportFile[]>
  readonly hosts: Reading<readonly Host[]>
  readonly ports: Reading<readonly Port[]>
  /** The newest lines, oldest first: of one job, or of all. */
  readonly linesOf: (job: string | undefined) => Reading<readonly LogEntry<LogLine>[]>
  /** Each resolves when what is asked for is on record, and rejects when it is not to be. */
  readonly ask: {
    readonly startScan: (wish: ScanWish) => Promise<AskedJob>
    readonly makeReport: (scanId: string) => Promise<AskedJob>
    readonly cancel: (job: JobName) => Promise<unknown>
    readonly retry: (job: JobName) => Promise<unknown>
  }
  /** Tries to connect at once, instead of after a while. */
  readonly reconnect: () => void
}

export function viewNetscan(replica: NetscanReplica, now: () => number = Date.now): NetscanView {
  const { topology, scans, reports, reportFiles, hosts, ports, console: lines } = replica
  const whenReady = (renew: () => void): (() => void) => {
    void replica.ready.then(renew, () => undefined)
    return () => undefined
  }
  const reading = <Value>(kind: Watched, read: () => Value): Reading<Value> =>
    createReading(read, [whenReady, (renew) => kind.subscribe(renew)])
  const linesByJob = new Map<string | undefined, Reading<readonly LogEntry<LogLine>[]>>()
  return {
    connection: readConnection(replica, now),
    topology: reading(topology, () => topology.get()),
    scans: reading(scans, () => arrangeJobs(readAll(scans))),
    reports: reading(reports, () => arrangeJobs(readAll(reports))),
    files: reading(reportFiles, () => readAll(reportFiles)),
    hosts: reading(hosts, () => readAll(hosts)),
    ports: reading(ports, () => readAll(ports)),
    linesOf(job) {
      const read = (): readonly LogEntry<LogLine>[] => lines.read({ limit: shownLines, ...(job === undefined ? {} : { stream: job }) })
      const found = linesByJob.get(job) ?? reading(lines, read)
      linesByJob.set(job, found)
      return found
    },
    ask: {
      startScan: (wish) => replica.call('startScan', wish),
      makeReport: (scanId) => replica.call('makeReport', { scanId }),
      cancel: (job) => replica.call('cancel', job),
      retry: (job) => replica.call('retry', job),
    },
    reconnect: () => replica.retry(),
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
