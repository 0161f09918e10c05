import { type ReactNode, useMemo } from 'react'
import type { Topology } from '../../../state.ts'
import { GatewayIcon, MachineIcon, WorldIcon } from '../frame/icons.tsx'
import { Empty, Panel, Waiting } from '../frame/panel.tsx'
import { useDocument } from '../holdfast.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { useHasData } from '../replica/use-held.ts'
import { formatCount } from '../text/counts.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { type DrawnInterface, drawNetwork, nameDestination, type NetworkPicture } from './picture.ts'

/** Where this machine stands: its way out, its interfaces, its routes. */
export function NetworkPanel(): ReactNode {
  const hasData = useHasData()
  const topology = useDocument(useReplica().topology)
  return (
    <Panel name="network" title="This machine">
      <div className="scroll" tabIndex={0} role="region" aria-label="Interfaces and routes of this machine">
        {topology ? <Network topology={topology} /> : hasData ? <Empty>This machine is not recorded yet.</Empty> : <Waiting />}
      </div>
    </Panel>
  )
}

function Network({ topology }: { readonly topology: Topology }): ReactNode {
  const picture = useMemo(() => drawNetwork(topology), [topology])
  return (
    <>
      <Chain topology={topology} picture={picture} />
      <ul className="interfaces">
        {picture.interfaces.map((one) => (
          <InterfaceRow key={one.name} one={one} />
        ))}
      </ul>
      <Routes topology={topology} />
    </>
  )
}

/** This machine, its gateway and everything else, one behind the other. */
function Chain({ topology, picture: { wayOut } }: ChainProps): ReactNode {
  const isUnknown = topology.routesUnavailable !== undefined
  const noWay = isUnknown ? 'way unknown' : 'no way there'
  return (
    <ol className="chain" data-cut={wayOut === undefined}>
      <Node icon={<MachineIcon />} name={topology.hostname} note={topology.platform} />
      <Node
        icon={<GatewayIcon />}
        name={wayOut?.gateway ?? (isUnknown ? 'unknown' : 'none')}
        note="gateway"
        wire={wayOut?.interface ?? ''}
      />
      <Node icon={<WorldIcon />} name="elsewhere" note={wayOut ? 'default route' : noWay} wire="" />
    </ol>
  )
}

interface ChainProps {
  readonly topology: Topology
  readonly picture: NetworkPicture
}

interface NodeProps {
  readonly icon: ReactNode
  readonly name: string
  readonly note: string
  /** What leads here from the node before; undefined for the first. */
  readonly wire?: string
}

function Node({ icon, name, note, wire }: NodeProps): ReactNode {
  return (
    <li className="node">
      {wire !== undefined && (
        <span className="wire">
          <ScannedText text={wire} />
        </span>
      )}
      <span className="node-icon">{icon}</span>
      <span className="node-name">
        <ScannedText text={name} />
      </span>
      <span className="node-note">
        <ScannedText text={note} />
      </span>
    </li>
  )
}

function InterfaceRow({ one }: { readonly one: DrawnInterface }): ReactNode {
  return (
    <li className="interface" data-out={one.isWayOut}>
      <span className="interface-name mono" title={one.mac === '' ? undefined : one.mac}>
        <ScannedText text={one.name} />
      </span>
      <span className="interface-addresses mono">
        {one.cidrs.length === 0 && <span className="quiet">no address</span>}
        {one.cidrs.map((cidr) => (
          <span key={cidr}>
            <ScannedText text={cidr} />
          </span>
        ))}
      </span>
      <span className="interface-note">{one.internal ? 'internal' : one.isWayOut ? 'way out' : ''}</span>
    </li>
  )
}

function Routes({ topology: { routes, routesUnavailable } }: { readonly topology: Topology }): ReactNode {
  if (routesUnavailable !== undefined) {
    return (
      <p className="routes-unavailable">
        Routes unknown: <ScannedText text={routesUnavailable} />
      </p>
    )
  }
  return (
    <details className="routes">
      <summary>{formatCount(routes.length, 'route')}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">To</th>
            <th scope="col">By</th>
            <th scope="col">On</th>
          </tr>
        </thead>
        <tbody className="mono">
          {routes.map((route, index) => (
            <tr key={index}>
              <td>
                <ScannedText text={nameDestination(route.destination)} />
              </td>
              <td>{route.gateway === null ? <span className="quiet">directly</span> : <ScannedText text={route.gateway} />}</td>
              <td>
                <ScannedText text={route.interface} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
