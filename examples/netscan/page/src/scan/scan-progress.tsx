import type { ReactNode } from 'react'
import { useNow } from '../frame/use-now.ts'
import { formatCount, formatNumber } from '../text/counts.ts'
import { formatFully, formatMoment, formatSpan } from '../text/moments.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { visibleText } from '../text/visible.ts'
import { describePorts, describeRuns, describeState, percentOf, type QueuedScan, type ShownScan } from './scan-words.ts'

interface ScanProgressProps {
  readonly scan: ShownScan
  /** Whether what is shown is what there is; the time of an old picture stands still. */
  readonly isLive: boolean
}

/** How far the scan is. Every line keeps its place, also while there is nothing to say on it. */
export function ScanProgress({ scan, isLive }: ScanProgressProps): ReactNode {
  const { tone } = describeState(scan.state)
  const percent = percentOf(scan)
  return (
    <div className="progress" data-tone={tone}>
      <p className="progress-target">
        <strong className="mono">
          <ScannedText text={scan.target} />
        </strong>
        <span className="figure">{percent} %</span>
      </p>
      <progress aria-label={`Progress of the scan of ${scan.target}`} value={scan.probes.done} max={scan.probes.total} />
      <p className="progress-figures">
        <span>
          {formatNumber(scan.probes.done)} of {formatCount(scan.probes.total, 'port')}
        </span>
        <Duration scan={scan} isLive={isLive} />
      </p>
      <p className="progress-note" title={scan.failure && visibleText(scan.failure)}>
        <ScannedText text={noteOf(scan)} />
      </p>
    </div>
  )
}

/** The same lines for a scan that has not begun. */
export function QueuedProgress({ scan: { target, ports } }: { readonly scan: QueuedScan }): ReactNode {
  return (
    <div className="progress" data-tone="quiet">
      <p className="progress-target">
        <strong className="mono">
          <ScannedText text={target} />
        </strong>
        <span className="figure">0 %</span>
      </p>
      <progress aria-label={`Progress of the scan of ${target}`} value={0} max={100} />
      <p className="progress-figures">{ports === undefined ? '' : describePorts(ports)}</p>
      <p className="progress-note">Waiting for the scanner.</p>
    </div>
  )
}

function Duration({ scan, isLive }: ScanProgressProps): ReactNode {
  const isRunning = scan.state === 'running'
  const now = useNow(isRunning && isLive)
  const end = isRunning ? now : scan.finishedAt
  return (
    <span>
      <span className="started">
        started <time title={formatFully(scan.startedAt)}>{formatMoment(scan.startedAt, now)}</time>
      </span>
      {end !== undefined && <span className="span">{formatSpan(end - scan.startedAt)}</span>}
    </span>
  )
}

/** What it is doing, why it has ended, or else what it looked for. */
function noteOf(scan: ShownScan): string {
  if (scan.failure) return scan.failure
  if (scan.state === 'running' && scan.activity) return scan.activity
  const way = scan.scanner === 'nmap' ? 'nmap' : 'TCP connections'
  const isSpread = scan.state === 'running' && scan.pending.length > 1
  const left = isSpread ? `${formatCount(scan.pending.length, 'address', 'addresses')} to go` : ''
  return [`${describePorts(scan.ports)} with ${way}`, describeRuns(scan.run), left].filter(Boolean).join(' · ')
}
