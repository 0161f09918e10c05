/** A scan in words and figures. */
import { shownState } from '../../../job-state.ts'
import type { Scan } from '../../../state.ts'
import { describeAttempts, describeState, describeTrouble, percentOfJob } from '../jobs/job-words.ts'
import { formatCount, formatNumber } from '../text/counts.ts'

/** As in `ports 22,80,8000`; a long list is counted instead. */
export function describePorts(ports: string): string {
  const ranges = ports.split(',').map((range) => range.split('-').map(Number))
  const count = ranges.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
  if (count === 65_535) return 'all ports'
  return ports.length <= 20 ? `${count === 1 ? 'port' : 'ports'} ${ports.replaceAll(',', ', ')}` : formatCount(count, 'port')
}

/** How much of it is done, and what it has found. */
export function describeFindings({ progress, result, input }: Scan): string {
  if (progress?.plan === undefined) return input.ports === undefined ? '' : describePorts(input.ports)
  const { done, total, up, open } = { ...progress, ...result }
  const looked = done === total ? formatCount(total, 'port') : `${formatNumber(done)} of ${formatCount(total, 'port')}`
  return `${looked} · ${formatNumber(up)} up · ${formatNumber(open)} open`
}

/** What it is doing, why it has ended or waits, or else what it looked for. */
export function describeCourse(scan: Scan): string {
  const trouble = describeTrouble(scan)
  const { progress, state } = scan
  const attempts = describeAttempts(scan)
  if (trouble !== '') return [trouble, attempts].filter(Boolean).join(' · ')
  if (state === 'queued' && progress === undefined) return 'Waiting for its turn.'
  const plan = progress?.plan
  const way = plan && `${describePorts(plan.ports)} with ${plan.scanner === 'nmap' ? 'nmap' : 'TCP connections'}`
  const message = state === 'running' ? progress?.message : ''
  return [message || way, attempts].filter(Boolean).join(' · ')
}

/** Why it could not even begin, such as a name that nobody knows; undefined for one that began. */
export function whyNotBegun(scan: Scan | undefined): string | undefined {
  if (scan === undefined || scan.progress?.plan !== undefined) return undefined
  const trouble = describeTrouble(scan)
  return trouble === '' ? undefined : trouble
}

/** For those who hear the page: the state, and the progress in quarters or why it failed. */
export function announceScan(scan: Scan): string {
  const { label } = describeState(scan)
  const quarter = Math.floor(percentOfJob(scan) / 25) * 25
  const progress = shownState(scan) === 'running' && quarter > 0 ? `, ${quarter} %` : ''
  const trouble = describeTrouble(scan)
  return `Scan of ${scan.input.target}: ${label.toLowerCase()}${trouble === '' ? progress : `. ${trouble}`}`
}
