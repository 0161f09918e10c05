import { type ReactNode, useEffect } from 'react'
import { ConsolePanel } from './console/console-panel.tsx'
import { obstacleOf } from './frame/obstacle.tsx'
import { TopBar } from './frame/top-bar.tsx'
import { HostsPanel } from './hosts/hosts-panel.tsx'
import { NetworkPanel } from './network/network-panel.tsx'
import type { NetscanView } from './replica/netscan-view.ts'
import { useReading } from './replica/use-replica.ts'
import { ScanPanel } from './scan/scan-panel.tsx'
import { announceScan, percentOf, type ShownScan } from './scan/scan-words.ts'
import { visibleText } from './text/visible.ts'

export function App({ view }: { readonly view: NetscanView }): ReactNode {
  const connection = useReading(view.connection)
  const topology = useReading(view.topology)
  const scan: ShownScan | undefined = useReading(view.scan)
  useTitle(scan)
  return (
    <>
      <a className="skip" href="#main">
        Skip to the scan
      </a>
      <TopBar connection={connection} hostname={topology?.hostname ?? ''} retry={view.retry} />
      <p className="visually-hidden" role="status">
        {scan && visibleText(announceScan(scan))}
      </p>
      <main id="main" tabIndex={-1} aria-busy={!connection.hasData}>
        {obstacleOf(connection) ?? <Panels view={view} />}
      </main>
    </>
  )
}

function Panels({ view }: { readonly view: NetscanView }): ReactNode {
  return (
    <div className="panels">
      <ScanPanel view={view} />
      <HostsPanel view={view} />
      <NetworkPanel view={view} />
      <ConsolePanel view={view} />
    </div>
  )
}

/** Tells how far a running scan is to those who look at another tab. */
function useTitle(scan: ShownScan | undefined): void {
  const title = scan?.state === 'running' ? `${percentOf(scan)} % · netscan` : 'netscan'
  useEffect(() => {
    document.title = title
  }, [title])
}
