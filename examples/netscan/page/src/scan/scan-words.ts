/** A scan in words and figures. */
import type { Request, Scan } from '../../../state.ts'
import { formatCount } from '../text/counts.ts'

/** What is shown of a scan. A state the page does not know yet is shown by its own name. */
export type ShownScan = Omit<Scan, 'state'> & {
  readonly state: string
}

/** Asked for, and not begun: nothing is known of it but the wish. */
export type QueuedScan = Pick<Request, 'target' | 'ports'>

export interface StateWords {
  readonly label: string
  readonly tone: 'quiet' | 'busy' | 'good' | 'warn' | 'bad'
}

const stateWords: ReadonlyMap<string, StateWords> = new Map([
  ['queued', { label: 'Queued', tone: 'quiet' }],
  ['running', { label: 'Running', tone: 'busy' }],
  ['finished', { label: 'Done', tone: 'good' }],
  ['done', { label: 'Done', tone: 'good' }],
  ['interrupted', { label: 'Interrupted', tone: 'warn' }],
  ['failed', { label: 'Failed', tone: 'bad' }],
])

export function describeState(state: string): StateWords {
  return stateWords.get(state) ?? { label: state, tone: 'quiet' }
}

/** Whole percent; 100 only when all is done. */
export function percentOf({ probes }: Pick<ShownScan, 'probes'>): number {
  return probes.total > 0 ? Math.min(100, Math.floor((probes.done / probes.total) * 100)) : 0
}

/** As in `ports 22,80,8000`; a long list is counted instead. */
export function describePorts(ports: string): string {
  const ranges = ports.split(',').map((range) => range.split('-').map(Number))
  const count = ranges.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
  if (count === 65_535) return 'all ports'
  return ports.length <= 20 ? `${count === 1 ? 'port' : 'ports'} ${ports.replaceAll(',', ', ')}` : formatCount(count, 'port')
}

/** As in `resumed twice`; empty for a scan that ran through. */
export function describeRuns(run: number): string {
  const times = ['', 'resumed once', 'resumed twice']
  return times[run - 1] ?? `resumed ${run - 1} times`
}

/** Why it could not even begin, such as a name that nobody knows; undefined for one that began. */
export function whyNotBegun({ state, failure, pending, probes }: ShownScan): string | undefined {
  return state === 'failed' && pending.length === 0 && probes.done === 0 ? failure : undefined
}

/** For those who hear the page: the state, and the progress in quarters or why it failed. */
export function announceScan(scan: ShownScan): string {
  const { label } = describeState(scan.state)
  const quarter = Math.floor(percentOf(scan) / 25) * 25
  const progress = scan.state === 'running' && quarter > 0 ? `, ${quarter} %` : ''
  return `Scan of ${scan.target}: ${label.toLowerCase()}${scan.failure === undefined ? progress : `. ${scan.failure}`}`
}
