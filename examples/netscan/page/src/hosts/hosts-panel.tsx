import { type ReactNode, useDeferredValue, useMemo, useState } from 'react'
import { isUnderWay } from '../../../job-state.ts'
import { Empty, Panel, Waiting } from '../frame/panel.tsx'
import { useCollection } from '../holdfast.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { useHasData, useScans } from '../replica/use-held.ts'
import { formatCount, formatNumber } from '../text/counts.ts'
import { arrangeHosts, type HostArrangement, type HostChoice, type HostOrder } from './arrange-hosts.ts'
import { HostTable } from './host-table.tsx'

/** Hosts and their open ports, as they are found. */
export function HostsPanel(): ReactNode {
  const replica = useReplica()
  const hasData = useHasData()
  const hosts = useCollection(replica.hosts)
  const ports = useCollection(replica.ports)
  const [choice, setChoice] = useState<HostChoice>({ search: '', order: 'address', withDown: false })
  const applied = useDeferredValue(choice)
  const found = useMemo(() => arrangeHosts(hosts, ports, applied), [hosts, ports, applied])
  return (
    <Panel name="hosts" title="Hosts and open ports" aside={hasData && <Figures found={found} />}>
      <Choices choice={choice} down={hasData ? found.down : undefined} onChange={(change) => setChoice({ ...choice, ...change })} />
      <div className="scroll" tabIndex={0} role="region" aria-label="Hosts and open ports, table">
        {found.groups.length > 0 ? (
          <HostTable groups={found.groups} />
        ) : hasData ? (
          <NoHosts search={applied.search.trim()} down={found.down} onClear={() => setChoice({ ...choice, search: '' })} />
        ) : (
          <Waiting />
        )}
      </div>
    </Panel>
  )
}

function Figures({ found: { up, open } }: { readonly found: HostArrangement }): ReactNode {
  return (
    <span className="panel-figures">
      <b>{formatNumber(up)}</b> up <span aria-hidden="true">·</span> <b>{formatNumber(open)}</b> open
    </span>
  )
}

interface ChoicesProps {
  readonly choice: HostChoice
  /** How many there are, where that is known. */
  readonly down: number | undefined
  readonly onChange: (change: Partial<HostChoice>) => void
}

function Choices({ choice, down, onChange }: ChoicesProps): ReactNode {
  return (
    <div className="tools" role="search">
      <input
        type="search"
        className="search"
        placeholder="Search address, name, port or service"
        aria-label="Search hosts and ports"
        value={choice.search}
        onChange={(event) => onChange({ search: event.target.value })}
      />
      <label className="tool">
        <span className="tool-name">Sort by</span>
        <select aria-label="Sort by" value={choice.order} onChange={(event) => onChange({ order: event.target.value as HostOrder })}>
          <option value="address">address</option>
          <option value="ports">open ports</option>
          <option value="recent">last seen</option>
        </select>
      </label>
      <label className="tool">
        <input type="checkbox" checked={choice.withDown} onChange={(event) => onChange({ withDown: event.target.checked })} />
        <span>
          show down <span className="quiet">{down !== undefined && `(${formatNumber(down)})`}</span>
        </span>
      </label>
    </div>
  )
}

interface NoHostsProps {
  readonly search: string
  readonly down: number
  readonly onClear: () => void
}

function NoHosts({ search, down, onClear }: NoHostsProps): ReactNode {
  const scans = useScans()
  if (search !== '') {
    return (
      <Empty>
        <p>Nothing here matches “{search}”.</p>
        <button type="button" onClick={onClear}>
          Clear the search
        </button>
      </Empty>
    )
  }
  if (scans.some(isUnderWay)) return <Empty>Looking. Hosts appear here as soon as they answer.</Empty>
  if (down > 0) return <Empty>No host answered. {formatCount(down, 'is', 'are')} down.</Empty>
  return <Empty>{scans.length > 0 ? 'No host was found.' : 'Hosts appear here once a scan has found them.'}</Empty>
}
