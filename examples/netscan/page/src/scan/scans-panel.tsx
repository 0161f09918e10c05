import type { ReactNode } from 'react'
import { isUnderWay } from '../../../job-state.ts'
import { Panel, Waiting } from '../frame/panel.tsx'
import { useHasData, useIsLive, useScans } from '../replica/use-held.ts'
import { formatNumber } from '../text/counts.ts'
import { ScanCard } from './scan-card.tsx'
import { ScanForm } from './scan-form.tsx'

export interface ScansPanelProps {
  /** The scan whose lines alone the console shows. */
  readonly only: string | undefined
  readonly onOnly: (scan: string | undefined) => void
}

/** The scans under way and those that were, and the way to another one. */
export function ScansPanel({ only, onOnly }: ScansPanelProps): ReactNode {
  const hasData = useHasData()
  const isLive = useIsLive()
  const scans = useScans()
  const underWay = scans.filter(isUnderWay).length
  return (
    <Panel name="scans" title="Scans" aside={hasData && <Figures underWay={underWay} past={scans.length - underWay} />}>
      <ScanForm isLive={isLive} />
      <div className="scroll" tabIndex={0} role="region" aria-label="Scans, list">
        {scans.length > 0 ? (
          <ul className="cards">
            {scans.map((scan) => (
              <ScanCard key={scan.id} scan={scan} isLive={isLive} isOnly={only === scan.id} onOnly={onOnly} />
            ))}
          </ul>
        ) : hasData ? (
          <NoScan />
        ) : (
          <Waiting />
        )}
      </div>
    </Panel>
  )
}

function Figures({ underWay, past }: { readonly underWay: number; readonly past: number }): ReactNode {
  return (
    <span className="panel-figures">
      <b>{formatNumber(underWay)}</b> under way <span aria-hidden="true">·</span> <b>{formatNumber(past)}</b> past
    </span>
  )
}

function NoScan(): ReactNode {
  return (
    <div className="empty">
      <p>
        <strong>No scan yet</strong>
      </p>
      <p>Start one above: what it finds is kept, and shown here while it is found.</p>
    </div>
  )
}
