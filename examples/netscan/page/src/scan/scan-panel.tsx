import type { ReactNode } from 'react'
import type { Request } from '../../../state.ts'
import { Panel, Waiting } from '../frame/panel.tsx'
import type { NetscanView } from '../replica/netscan-view.ts'
import { useReading } from '../replica/use-replica.ts'
import { ScanForm } from './scan-form.tsx'
import { QueuedProgress, ScanProgress } from './scan-progress.tsx'
import { describeState, type ShownScan } from './scan-words.ts'

/** The current scan, and the way to another one. */
export function ScanPanel({ view }: { readonly view: NetscanView }): ReactNode {
  const { hasData, state } = useReading(view.connection)
  const scan: ShownScan | undefined = useReading(view.scan)
  const queued = useQueued(view)
  const shownState = queued ? 'queued' : scan?.state
  return (
    <Panel name="scan" title="Scan" aside={shownState && <StateBadge state={shownState} />}>
      <div className="scan-current">
        {queued ? (
          <QueuedProgress scan={queued} />
        ) : scan ? (
          <ScanProgress scan={scan} isLive={state === 'live'} />
        ) : hasData ? (
          <NoScan />
        ) : (
          <Waiting />
        )}
      </div>
      <ScanForm
        startScan={view.startScan}
        scan={scan}
        isLive={state === 'live'}
        isUnderWay={shownState === 'queued' || shownState === 'running'}
      />
    </Panel>
  )
}

/** What was asked for, until that scan has begun. */
function useQueued(view: NetscanView): Request | undefined {
  const request = useReading(view.request)
  const scan = useReading(view.scan)
  return request?.id === scan?.id ? undefined : request
}

function StateBadge({ state }: { readonly state: string }): ReactNode {
  const { label, tone } = describeState(state)
  return (
    <span className="badge" data-tone={tone}>
      {label}
    </span>
  )
}

function NoScan(): ReactNode {
  return (
    <div className="empty">
      <p>
        <strong>No scan yet</strong>
      </p>
      <p>Start one below: what it finds is kept, and shown here while it is found.</p>
    </div>
  )
}
