/** The page: a replica of what the server holds, and what is drawn from it. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import type { actions } from '../../actions.ts'
import type { netscan } from '../../state.ts'
import { App } from './app.tsx'
import { applyTheme } from './frame/theme.ts'
import { connect } from './holdfast.ts'
import { carry } from './replica/carry.ts'
import { HoldfastProvider } from './replica/netscan-context.ts'
import { servedState } from './replica/served-state.ts'

applyTheme()

const replica = connect<typeof netscan, typeof actions>({
  url: '/state',
  state: servedState,
  kinds: { topology: true, scans: true, reports: true, reportFiles: true, hosts: true, ports: true, console: true },
  ...(await carry()),
})

// Who has signed in in another tab comes back to this one.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && replica.status.state === 'refused') replica.retry()
})

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root.')
createRoot(root).render(
  <StrictMode>
    <HoldfastProvider replica={replica}>
      <App />
    </HoldfastProvider>
  </StrictMode>,
)
