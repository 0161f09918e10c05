/** The topology of this machine as the picture shows it: the way out first, the rest beside it. */
import type { Topology } from '../../../state.ts'

type Route = Topology['routes'][number]
type Interface = Topology['interfaces'][number]

export interface WayOut {
  readonly interface: string
  readonly gateway: string
}

export interface DrawnInterface extends Interface {
  readonly isWayOut: boolean
}

export interface NetworkPicture {
  /** The best default route, that of IPv4 before that of IPv6; undefined when nothing leads out. */
  readonly wayOut: WayOut | undefined
  /** Those that lead out first, those that stay inside last; each with its addresses, the local ones last. */
  readonly interfaces: readonly DrawnInterface[]
}

export function drawNetwork({ interfaces, routes }: Topology): NetworkPicture {
  const ways = routes.filter(isDefault).toSorted((a, b) => familyOf(a) - familyOf(b) || a.metric - b.metric)
  const out = new Set(ways.map((route) => route.interface))
  const [best] = ways
  return {
    wayOut: best && { interface: best.interface, gateway: best.gateway },
    interfaces: interfaces
      .map((one) => ({ ...one, cidrs: one.cidrs.toSorted(byReach), isWayOut: out.has(one.name) }))
      .toSorted((a, b) => rank(a) - rank(b)),
  }
}

/** As in `everywhere else`, for the two destinations that mean it, and the destination itself for others. */
export function nameDestination(destination: string): string {
  if (destination === '0.0.0.0/0') return 'everywhere (IPv4)'
  return destination === '::/0' ? 'everywhere (IPv6)' : destination
}

function isDefault(route: Route): route is Route & { readonly gateway: string } {
  return route.gateway !== null && (route.destination === '0.0.0.0/0' || route.destination === '::/0')
}

function familyOf({ destination }: Route): number {
  return destination.includes(':') ? 6 : 4
}

function byReach(a: string, b: string): number {
  return reach(a) - reach(b)
}

function reach(cidr: string): number {
  if (!cidr.includes(':')) return 0
  return cidr.toLowerCase().startsWith('fe80:') ? 2 : 1
}

function rank({ isWayOut, internal }: DrawnInterface): number {
  if (isWayOut) return 0
  return internal ? 2 : 1
}
