/** What this machine knows of its own place in the network: interfaces, routes, default gateway. Nothing is sent. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { type NetworkInterfaceInfo, hostname, networkInterfaces, platform } from 'node:os'
import { promisify } from 'node:util'
import type { Topology } from '../state.ts'
import { parseIpv4Routes, parseIpv6Routes } from './linux-routes.ts'
import { parseNetstat } from './netstat-routes.ts'

type Routes = Pick<Topology, 'routes' | 'routesUnavailable'>

/** Reads the topology as it is now. It carries no time, so that recording an unchanged one changes nothing. */
export async function readMachine(): Promise<Topology> {
  return { hostname: hostname(), platform: platform(), interfaces: listInterfaces(networkInterfaces()), ...(await readRoutes()) }
}

/** One entry per interface, by name, each with all its addresses in CIDR form. */
export function listInterfaces(found: NodeJS.Dict<NetworkInterfaceInfo[]>): Topology['interfaces'] {
  return Object.entries(found)
    .map(([name, addresses = []]) => ({
      name,
      mac: addresses[0]?.mac ?? '',
      internal: addresses.every((address) => address.internal),
      cidrs: addresses.map((address) => address.cidr ?? address.address),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The default routes, best first: where traffic to everywhere else goes. */
export function defaultRoutes(topology: Topology): Topology['routes'] {
  return topology.routes
    .filter((route) => route.gateway !== null && (route.destination === '0.0.0.0/0' || route.destination === '::/0'))
    .toSorted((a, b) => a.metric - b.metric)
}

/** The topology in one line, without the name of the machine. */
export function describeMachine(topology: Topology): string {
  const [route] = defaultRoutes(topology)
  const way = route ? `gateway ${route.gateway} on ${route.interface}` : (topology.routesUnavailable ?? 'no gateway')
  const routes = `${topology.routes.length} ${topology.routes.length === 1 ? 'route' : 'routes'}`
  const interfaces = topology.interfaces.filter((one) => one.cidrs.length > 0).map((one) => `${one.name} ${one.cidrs[0]}`)
  return [topology.platform, way, routes, ...interfaces].join(' · ')
}

/** A machine that does not tell its routes is no error: the topology says why they are missing. */
async function readRoutes(): Promise<Routes> {
  try {
    if (platform() === 'linux') return { routes: await readLinuxRoutes() }
    if (platform() === 'darwin') return { routes: await readMacRoutes() }
    return { routes: [], routesUnavailable: `routes are not read on ${platform()} yet` }
  } catch (error) {
    return { routes: [], routesUnavailable: error instanceof Error ? error.message : String(error) }
  }
}

async function readLinuxRoutes(): Promise<Topology['routes']> {
  const [ipv4, ipv6] = await Promise.all([
    readFile('/proc/net/route', 'utf8'),
    readFile('/proc/net/ipv6_route', 'utf8').catch(missingIsEmpty),
  ])
  return [...parseIpv4Routes(ipv4), ...parseIpv6Routes(ipv6)]
}

/** A kernel without IPv6 has no such file. */
function missingIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

async function readMacRoutes(): Promise<Topology['routes']> {
  const { stdout } = await promisify(execFile)('/usr/sbin/netstat', ['-rn'], { timeout: 5_000 })
  return parseNetstat(stdout)
}
