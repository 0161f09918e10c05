/** The order of addresses, for every list that shows some. */
import ipaddr from 'ipaddr.js'

export type AddressOrder = (a: string, b: string) => number

/** IPv4 before IPv6, each by number; what is no address comes last, by its letters. One order is for one list: it reads each address once. */
export function createAddressOrder(): AddressOrder {
  const ranks = new Map<string, string>()
  const rankOf = (address: string): string => {
    const rank = ranks.get(address) ?? readRank(address)
    ranks.set(address, rank)
    return rank
  }
  return (a, b) => compareText(rankOf(a), rankOf(b))
}

/** Text that sorts as the address does: its family, its bytes, and then itself, which tells the zones of one address apart. */
function readRank(address: string): string {
  if (!ipaddr.isValid(address)) return `9 ${address}`
  const parsed = ipaddr.parse(address)
  const bytes = parsed.toByteArray().map((byte) => byte.toString(16).padStart(2, '0'))
  return `${parsed.kind() === 'ipv4' ? 4 : 6} ${bytes.join('')} ${address}`
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
