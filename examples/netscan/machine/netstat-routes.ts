/**
 * The routing table of macOS, as printed by `netstat -rn`.
 *
 * Sections `Internet:` and `Internet6:`, each with a heading line; then destination, gateway, flags, interface.
 * Destinations are abbreviated: `default`, `127` for 127.0.0.0/8, `192.168.1` for 192.168.1.0/24.
 */
import { isIP } from 'node:net'
import type { Topology } from '../state.ts'

type Route = Topology['routes'][number]

/** Reads the output of `netstat -rn`. Routes to single neighbours (flag H) and lines of other forms are skipped. */
export function parseNetstat(text: string): Route[] {
  const routes: Route[] = []
  let family: 4 | 6 = 4
  for (const line of text.split('\n')) {
    if (line.startsWith('Internet')) family = line.startsWith('Internet6') ? 6 : 4
    else routes.push(...readRoute(line, family))
  }
  return routes
}

function readRoute(line: string, family: 4 | 6): Route[] {
  const [destination, gateway, flags, name] = line.trim().split(/\s+/)
  if (!destination || !gateway || !name || !/^U[A-Za-z]*$/.test(flags ?? '') || flags?.includes('H')) return []
  const cidr = family === 4 ? ipv4Cidr(destination) : ipv6Cidr(destination)
  if (cidr === undefined || cidr.startsWith('ff')) return []
  return [{ destination: cidr, gateway: isIP(gateway) ? gateway : null, interface: name, metric: 0 }]
}

function ipv4Cidr(destination: string): string | undefined {
  if (destination === 'default') return '0.0.0.0/0'
  const [network = '', length] = destination.split('/')
  const parts = network.split('.')
  const address = [...parts, '0', '0', '0'].slice(0, 4).join('.')
  return isIP(address) === 4 ? `${address}/${length ?? parts.length * 8}` : undefined
}

function ipv6Cidr(destination: string): string | undefined {
  if (destination === 'default') return '::/0'
  const [network = '', length = '128'] = destination.split('/')
  return isIP(network) === 6 ? `${network.replace(/%.*/, '')}/${length}` : undefined
}
