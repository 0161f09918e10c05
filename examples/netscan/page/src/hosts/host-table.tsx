import { memo, type ReactNode, useState } from 'react'
import type { Host, Port } from '../../../state.ts'
import { formatCount } from '../text/counts.ts'
import { formatFully, formatMoment } from '../text/moments.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { visibleText } from '../../../visible.ts'
import type { HostGroup } from './arrange-hosts.ts'

/** Hosts drawn before one has to ask for more. */
const firstHosts = 300
/** What was found no longer ago than this is lit up when it appears. */
const freshMs = 4_000

export function HostTable({ groups }: { readonly groups: readonly HostGroup[] }): ReactNode {
  const [limit, setLimit] = useState(firstHosts)
  const hidden = groups.length - limit
  return (
    <>
      <table className="host-table">
        <thead>
          <tr>
            <th scope="col" className="port-column">
              Port
            </th>
            <th scope="col" className="service-column">
              Service
            </th>
            <th scope="col">What it says it is</th>
            <th scope="col" className="seen-column">
              Last seen
            </th>
          </tr>
        </thead>
        {groups.slice(0, limit).map(({ host, ports, open }) => (
          <tbody key={host.address}>
            <HostRow host={host} open={open} />
            {ports.map((port) => (
              <PortRow key={port.id} port={port} />
            ))}
          </tbody>
        ))}
      </table>
      {hidden > 0 && (
        <button type="button" className="more" onClick={() => setLimit(Number.POSITIVE_INFINITY)}>
          Show {formatCount(hidden, 'more host')}
        </button>
      )}
    </>
  )
}

const HostRow = memo(function HostRow({ host, open }: { readonly host: Host; readonly open: number }): ReactNode {
  const isFresh = useFreshness(host.firstSeenAt)
  return (
    <tr className={isFresh ? 'host-row fresh' : 'host-row'} data-status={host.status}>
      <th scope="rowgroup" colSpan={4}>
        <div className="host-line">
          <span className="dot" title={visibleText(`${host.status}: ${host.reason}`)} />
          <span className="visually-hidden">{host.status}</span>
          <span className="mono host-address">
            <ScannedText text={host.address} />
          </span>
          <span className="host-names">
            <ScannedText text={host.names.join(', ')} />
          </span>
          <span className="host-open">{host.status === 'up' ? `${formatCount(open, 'port')} open` : 'down'}</span>
          <span className="host-seen">{host.lastSeenAt === undefined ? 'never seen' : <Moment at={host.lastSeenAt} />}</span>
        </div>
      </th>
    </tr>
  )
})

const PortRow = memo(function PortRow({ port }: { readonly port: Port }): ReactNode {
  const isFresh = useFreshness(port.firstSeenAt)
  return (
    <tr className={isFresh ? 'port-row fresh' : 'port-row'}>
      <th scope="row" className="mono port-column">
        {port.port}
      </th>
      <Words className="service-column" text={port.service} />
      <Words className="product" text={port.product} />
      <td className="seen-column">
        <Moment at={port.lastSeenAt} />
      </td>
    </tr>
  )
})

/** A cell of one line; what does not fit is told by pointing at it. */
function Words({ text, className }: { readonly text: string; readonly className?: string }): ReactNode {
  return (
    <td className={className} title={text === '' ? undefined : visibleText(text)}>
      {text === '' ? <span className="quiet">–</span> : <ScannedText text={text} />}
    </td>
  )
}

function Moment({ at }: { readonly at: number }): ReactNode {
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFully(at)}>
      {formatMoment(at, Date.now())}
    </time>
  )
}

/** Whether something was found just before it was first drawn. */
function useFreshness(foundAt: number | undefined): boolean {
  const [isFresh] = useState(() => foundAt !== undefined && Math.abs(Date.now() - foundAt) < freshMs)
  return isFresh
}
