import { type ReactNode, useEffect, useState } from 'react'
import { percentOf } from '../../figures.ts'
import { isUnderWay } from '../../job-state.ts'
import type { Scan } from '../../state.ts'
import { visibleText } from '../../visible.ts'
import { ConsolePanel } from './console/console-panel.tsx'
import { obstacleOf } from './frame/obstacle.tsx'
import { TopBar } from './frame/top-bar.tsx'
import { HostsPanel } from './hosts/hosts-panel.tsx'
import { NetworkPanel } from './network/network-panel.tsx'
import type { NetscanView } from './replica/netscan-view.ts'
import { useReading } from './replica/use-replica.ts'
import { ReportsPanel } from './reports/reports-panel.tsx'
import { announceScan } from './scan/scan-words.ts'
import { ScansPanel } from './scan/scans-panel.tsx'

/** Scans whose states are told to those who hear the page: those under way come first. */
const announced = 4

export function App({ view }: { readonly view: NetscanView }): ReactNode {
  const connection = useReading(view.connection)
  const topology = useReading(view.topology)
  const scans = useReading(view.scans)
  useTitle(scans)
  return (
    <>
      <a className="skip" href="#main">
        Skip to the scans
      </a>
      <TopBar connection={connection} hostname={topology?.hostname ?? ''} reconnect={view.reconnect} />
      <div className="visually-hidden" role="status" aria-atomic={false}>
        {scans.slice(0, announced).map((scan) => (
          <p key={scan.id}>{visibleText(announceScan(scan))}</p>
        ))}
      </div>
      <main id="main" tabIndex={-1} aria-busy={!connection.hasData}>
        {obstacleOf(connection) ?? <Panels view={view} />}
      </main>
    </>
  )
}

function Panels({ view }: { readonly view: NetscanView }): ReactNode {
  const [only, setOnly] = useState<string>()
  return (
    <div className="panels">
      <ScansPanel view={view} only={only} onOnly={setOnly} />
      <HostsPanel view={view} />
      <ReportsPanel view={view} />
      <ConsolePanel view={view} only={only} onOnly={setOnly} />
      <NetworkPanel view={view} />
    </div>
  )
}

/** Tells how far the scans under way are to those who look at another tab. */
function useTitle(scans: readonly Scan[]): void {
  const running = scans.filter(isUnderWay)
  const sum = (part: 'done' | 'total'): number => running.reduce((all, { progress }) => all + (progress?.[part] ?? 0), 0)
  const title = running.length > 0 ? `${percentOf({ done: sum('done'), total: sum('total') })} % · netscan` : 'netscan'
  useEffect(() => {
    document.title = title
  }, [title])
}
