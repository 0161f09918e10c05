import type { ReactNode } from 'react'
import type { Connection } from '../replica/connection.ts'
import { signInAddress } from './top-bar.tsx'

/** In place of the panels when there is nothing to show in them; undefined while there still may be. */
export function obstacleOf({ state, hasData }: Connection): ReactNode {
  if (hasData) return undefined
  switch (state) {
    case 'offline':
      return (
        <Obstacle title="netscan does not answer">
          Start it with <code>npm start</code>. This page connects by itself.
        </Obstacle>
      )
    case 'refused':
      return (
        <Obstacle title="Signed out">
          This browser is not signed in, or no longer. Open the link that <code>npm start</code> prints, or{' '}
          <a href={signInAddress}>sign in with a code</a>.
        </Obstacle>
      )
    case 'outdated':
      return <Obstacle title="There is a newer version">netscan was updated. Reload this page to go on.</Obstacle>
    case 'closed':
      return <Obstacle title="The connection is closed">Reload this page to connect again.</Obstacle>
    default:
      return undefined
  }
}

function Obstacle({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="obstacle">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  )
}
