import type { ReactNode } from 'react'
import { useDocument, useStatus } from '../holdfast.ts'
import { type Connection, describeConnection, nameCarrier } from '../replica/connection.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { formatNumber } from '../text/counts.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { BrandIcon, MoonIcon, SunIcon } from './icons.tsx'
import { chooseTheme, useTheme } from './theme.ts'

export const signInAddress = '/state/sign-in'

/** Always in view: whose page this is, whether it is live, and dark or light. */
export function TopBar({ connection }: { readonly connection: Connection }): ReactNode {
  const replica = useReplica()
  const hostname = useDocument(replica.topology, (topology) => topology.hostname) ?? ''
  const { tone, label, detail, remedy } = describeConnection(connection)
  return (
    <header className="top-bar" data-tone={tone}>
      <h1 className="brand">
        <BrandIcon />
        netscan
        <span className="brand-host">
          <ScannedText text={hostname} />
        </span>
      </h1>
      <div className="connection">
        <p className="connection-words" role="status">
          <span className="dot" aria-hidden="true" />
          <strong>{label}</strong>
          <span className="connection-detail">{detail}</span>
        </p>
        {remedy === 'sign-in' && <a href={signInAddress}>Sign in</a>}
        {remedy === 'reload' && (
          <button type="button" className="link" onClick={() => location.reload()}>
            Reload
          </button>
        )}
        {remedy === 'retry' && (
          <button type="button" className="link" onClick={() => replica.retry()}>
            Try now
          </button>
        )}
        {tone === 'good' && <span className="carrier">{nameCarrier(connection)}</span>}
        {tone === 'good' && <Revision />}
      </div>
      <ThemeToggle />
    </header>
  )
}

/** The one part that is another with each commit. */
function Revision(): ReactNode {
  const revision = useStatus(useReplica(), (status) => status.revision)
  return <span className="revision">revision {formatNumber(revision ?? 0)}</span>
}

function ThemeToggle(): ReactNode {
  const other = useTheme() === 'dark' ? 'light' : 'dark'
  const label = `Switch to the ${other} theme`
  return (
    <button type="button" className="theme-toggle" aria-label={label} title={label} onClick={() => chooseTheme(other)}>
      {other === 'light' ? <SunIcon /> : <MoonIcon />}
    </button>
  )
}
