import { memo, type ReactNode, useEffect, useState } from 'react'
import { percentOf } from '../../figures.ts'
import { isUnderWay } from '../../job-state.ts'
import type { Scan } from '../../state.ts'
import { visibleText } from '../../visible.ts'
import { ConsolePanel } from './console/console-panel.tsx'
import { obstacleOf } from './frame/obstacle.tsx'
import { TopBar } from './frame/top-bar.tsx'
import { useCollection, useStatus } from './holdfast.ts'
import { HostsPanel } from './hosts/hosts-panel.tsx'
import { NetworkPanel } from './network/network-panel.tsx'
import { readConnection } from './replica/connection.ts'
import { useReplica } from './replica/netscan-context.ts'
import { useScans } from './replica/use-held.ts'
import { ReportsPanel } from './reports/reports-panel.tsx'
import { announceScan } from './scan/scan-words.ts'
import { ScansPanel } from './scan/scans-panel.tsx'

/** Scans whose states are told to those who hear the page: those under way come first. */
const announced = 4

/** Renders again when the connection changes, and not when what is shown does: each part below reads what it shows. */
export function App(): ReactNode {
  const connection = useStatus(useReplica(), readConnection)
  return (
    <>
      <a className="skip" href="#main">
        Skip to the scans
      </a>
      <Title />
      <TopBar connection={connection} />
      <Announcements />
      <main id="main" tabIndex={-1} aria-busy={!connection.hasData}>
        {obstacleOf(connection) ?? <Panels />}
      </main>
    </>
  )
}

function Announcements(): ReactNode {
  const scans = useScans()
  return (
    <div className="visually-hidden" role="status" aria-atomic={false}>
      {scans.slice(0, announced).map((scan) => (
        <p key={scan.id}>{visibleText(announceScan(scan))}</p>
      ))}
    </div>
  )
}

const Panels = memo(function Panels(): ReactNode {
  const [only, setOnly] = useState<string>()
  return (
    <div className="panels">
      <ScansPanel only={only} onOnly={setOnly} />
      <HostsPanel />
      <ReportsPanel />
      <ConsolePanel only={only} onOnly={setOnly} />
      <NetworkPanel />
    </div>
  )
})

/** Tells how far the scans under way are to those who look at another tab. */
function Title(): ReactNode {
  const title = useCollection(useReplica().scans, {}, { select: titleOf })
  useEffect(() => {
    document.title = title
  }, [title])
  return undefined
}

function titleOf(scans: readonly Scan[]): string {
  const running = scans.filter(isUnderWay)
  const sum = (part: 'done' | 'total'): number => running.reduce((all, { progress }) => all + (progress?.[part] ?? 0), 0)
  return running.length > 0 ? `${percentOf({ done: sum('done'), total: sum('total') })} % · netscan` : 'netscan'
}
