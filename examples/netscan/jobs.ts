/** What can be done to scans and reports from outside, inside a commit; each leaves a line in the log, in the stream of the job. */
import type { NetscanTx, Report, Scan } from './state.ts'

export type Queue = 'scans' | 'reports'

/** What came of asking for a job. */
export interface AskedJob {
  readonly id: string
  /** False for one that was under way, or queued, already. */
  readonly isNew: boolean
}

/** False when there is nothing to cancel. */
export function cancelJob(tx: NetscanTx, queue: Queue, id: string): boolean {
  const job = tx[queue].get(id)
  if (job === undefined || !tx[queue].cancel(id)) return false
  tx.console.append({ level: 'warning', text: `${nameJob(queue, job)} cancelled` }, { stream: id })
  return true
}

/** False when it has not ended, has ended well, or another one of the same kind is under way. */
export function retryJob(tx: NetscanTx, queue: Queue, id: string): boolean {
  const job = tx[queue].get(id)
  return job !== undefined && job.state !== 'completed' && tx[queue].retry(id)
}

/** Undefined where there is nothing to report. */
export function askForReport(tx: NetscanTx, scanId: string): AskedJob | undefined {
  const scan = tx.scans.get(scanId)
  if (scan === undefined || tx.findings.count({ index: 'byScan', equals: [scanId] }) === 0) return undefined
  return tx.reports.enqueue({ scanId, target: scan.input.target }, { key: scanId })
}

/** As in `scan of 10.0.0.1`. */
export function nameJob(queue: Queue, job: Scan | Report): string {
  return `${queue === 'scans' ? 'scan' : 'report of the scan'} of ${job.input.target}`
}
