/** Which hosts and ports are shown, and in which order. */
import { type AddressOrder, createAddressOrder } from '../../../addresses.ts'
import type { Host, Port } from '../../../state.ts'

export type HostOrder = 'address' | 'ports' | 'recent'

export interface HostChoice {
  /** Words that all have to be found in a host and its port. */
  readonly search: string
  readonly order: HostOrder
  readonly withDown: boolean
}

export interface HostGroup {
  readonly host: Host
  /** Its open ports that are shown, by number. */
  readonly ports: readonly Port[]
  /** All its open ports. */
  readonly open: number
}

export interface HostArrangement {
  readonly groups: readonly HostGroup[]
  readonly up: number
  readonly down: number
  readonly open: number
}

export function arrangeHosts(hosts: readonly Host[], ports: readonly Port[], { search, order, withDown }: HostChoice): HostArrangement {
  const open = Map.groupBy(ports.filter(isOpen), (port) => port.address)
  const all = hosts.map((host) => groupOf(host, host.status === 'up' ? (open.get(host.address) ?? []) : []))
  const up = all.filter(({ host }) => host.status === 'up')
  const terms = search.toLowerCase().split(/\s+/).filter(Boolean)
  const groups = (withDown ? all : up).flatMap((group) => narrow(group, terms)).toSorted(orders[order](createAddressOrder()))
  return { groups, up: up.length, down: all.length - up.length, open: up.reduce((sum, group) => sum + group.open, 0) }
}

function isOpen(port: Port): boolean {
  return port.state === 'open'
}

function groupOf(host: Host, ports: readonly Port[]): HostGroup {
  return { host, ports: ports.toSorted((a, b) => a.port - b.port), open: ports.length }
}

/** The group with all its ports where the host itself is meant, else with those ports that are. */
function narrow(group: HostGroup, terms: readonly string[]): HostGroup[] {
  const { host } = group
  const about = [host.address, ...host.names, host.status].join(' ').toLowerCase()
  if (terms.every((term) => about.includes(term))) return [group]
  const ports = group.ports.filter((port) => {
    const text = `${about} ${port.port} ${port.service} ${port.product}`.toLowerCase()
    return terms.every((term) => text.includes(term))
  })
  return ports.length > 0 ? [{ ...group, ports }] : []
}

type GroupOrder = (a: HostGroup, b: HostGroup) => number

/** Equal ones always by address. */
const orders: { readonly [Order in HostOrder]: (byAddress: AddressOrder) => GroupOrder } = {
  address: (byAddress) => (a, b) => byAddress(a.host.address, b.host.address),
  ports: (byAddress) => (a, b) => b.open - a.open || byAddress(a.host.address, b.host.address),
  recent: (byAddress) => (a, b) => (b.host.lastSeenAt ?? 0) - (a.host.lastSeenAt ?? 0) || byAddress(a.host.address, b.host.address),
}
