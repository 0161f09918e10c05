/**
 * The routing tables of Linux, as text from `/proc/net`.
 *
 * `route`: a heading, then tab-separated fields; addresses are 32-bit words in host byte order, so 010200C0 is 192.0.2.1.
 * `ipv6_route`: no heading; destination, prefix length, source, its length, next hop, metric, counters, flags, interface;
 * addresses are 16 bytes in network order. All numbers are hexadecimal.
 */
import type { Topology } from '../state.ts'

type Route = Topology['routes'][number]

const up = 0x1
const rejecting = 0x200

/** Reads `/proc/net/route`. Lines that are no route are skipped. */
export function parseIpv4Routes(text: string): Route[] {
  return text.split('\n').slice(1).flatMap(readIpv4Route)
}

function readIpv4Route(line: string): Route[] {
  const [name, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/)
  if (!name || !isHex(destination, 8) || !isHex(gateway, 8) || !isHex(mask, 8)) return []
  if (!isUsable(flags)) return []
  return [
    {
      destination: `${ipv4(destination)}/${prefixLength(mask)}`,
      gateway: gateway === '00000000' ? null : ipv4(gateway),
      interface: name,
      metric: Number(metric) || 0,
    },
  ]
}

function ipv4(word: string): string {
  return Buffer.from(word, 'hex').reverse().join('.')
}

function prefixLength(mask: string): number {
  return Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
}

/** Reads `/proc/net/ipv6_route`, without multicast, and without the machine's own addresses, which are host routes on the link. */
export function parseIpv6Routes(text: string): Route[] {
  return text.split('\n').flatMap(readIpv6Route)
}

function readIpv6Route(line: string): Route[] {
  const [destination, length, , , nextHop, metric, , , flags, name] = line.trim().split(/\s+/)
  if (!name || !isHex(destination, 32) || !isHex(nextHop, 32) || !isHex(length, 2)) return []
  if (!isUsable(flags) || destination.startsWith('ff')) return []
  const gateway = /^0+$/.test(nextHop) ? null : ipv6(nextHop)
  if (length === '80' && gateway === null) return []
  return [
    {
      destination: `${ipv6(destination)}/${Number.parseInt(length, 16)}`,
      gateway,
      interface: name,
      metric: Number.parseInt(metric ?? '0', 16),
    },
  ]
}

/** The shortest form, as the URL standard writes it. */
function ipv6(hex: string): string {
  return new URL(`http://[${hex.match(/.{4}/g)?.join(':')}]`).hostname.slice(1, -1)
}

function isHex(text: string | undefined, digits: number): text is string {
  return text?.length === digits && /^[0-9a-f]+$/i.test(text)
}

function isUsable(flags: string | undefined): boolean {
  const bits = Number.parseInt(flags ?? '0', 16)
  return (bits & up) !== 0 && (bits & rejecting) === 0
}
