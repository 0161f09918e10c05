/** What the user may name as a target, and the addresses it stands for. */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { quote, UsageError } from '../usage-error.ts'

/** The most addresses one scan looks at: an IPv4 /24. */
export const maxAddresses = 256

/** The target when the user names none. */
export const loopback = 'loopback'

export interface Target {
  /** As the user named it. */
  readonly name: string
  readonly addresses: readonly string[]
  /** Host names known for the addresses without asking anyone. */
  readonly hostNames: readonly string[]
}

/**
 * Turns what the user named into addresses: `loopback`, an address, a CIDR block of at most 256 addresses, or a host name, which is looked up.
 *
 * @throws UsageError
 */
export async function resolveTarget(name: string): Promise<Target> {
  return readTarget(name) ?? { name, addresses: await lookUp(name), hostNames: [name] }
}

/**
 * The same without asking anyone: undefined for a host name, which has to be looked up.
 *
 * @throws UsageError
 */
export function readTarget(name: string): Target | undefined {
  if (name === loopback) return { name, addresses: loopbackAddresses(), hostNames: ['localhost'] }
  if (isIP(name)) return { name, addresses: [usable(name)], hostNames: [] }
  if (name.includes('/')) return { name, addresses: expandBlock(name).map(usable), hostNames: [] }
  if (isHostName(name)) return undefined
  throw new UsageError(`${quote(name)} is no address, no block such as 10.0.0.0/30 and no host name.`)
}

/** Whether an address stays on this machine. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && loopbackBlocks().check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** `::1` only where this machine has it. */
function loopbackAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map((one) => one.address))
  return own.includes('::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

async function lookUp(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The name ${quote(name)} was not found (${error.code}).`)
  })
  return [...new Set(found.map((one) => usable(one.address)))].slice(0, maxAddresses)
}

/** A last part without a letter makes a mistyped address; no part starts with a dash. */
function isHostName(name: string): boolean {
  const labels = name.split('.')
  if (name.length > 253 || !/[a-z]/i.test(labels.at(-1) ?? '')) return false
  return labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}

function expandBlock(block: string): string[] {
  const [network = '', length = ''] = block.split('/', 2)
  const bits = isIPv4(network) ? 32 : 128
  const prefix = Number(length)
  if (!isIP(network) || network.includes('%') || !/^\d{1,3}$/.test(length) || prefix > bits || block.split('/').length !== 2) {
    throw new UsageError(`${quote(block)} is no block of addresses. Write it as in 10.0.0.0/30.`)
  }
  const count = 2n ** BigInt(bits - prefix)
  if (count > BigInt(maxAddresses)) {
    throw new UsageError(`${block} stands for ${count.toLocaleString('en')} addresses; one scan takes at most ${maxAddresses}.`)
  }
  const first = (toNumber(network) / count) * count
  return Array.from({ length: Number(count) }, (_, offset) => toAddress(first + BigInt(offset), bits))
}

function toNumber(address: string): bigint {
  return BigInt(`0x${Buffer.from(ipaddr.parse(address).toByteArray()).toString('hex')}`)
}

function toAddress(number: bigint, bits: number): string {
  const bytes = Buffer.from(number.toString(16).padStart(bits / 4, '0'), 'hex')
  return ipaddr.fromByteArray([...bytes]).toString()
}

/** @throws UsageError for addresses that name no single host */
function usable(address: string): string {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (!impossibleBlocks().check(address, family)) return address
  throw new UsageError(`${address} names no host: it is unspecified, multicast or broadcast.`)
}

function impossibleBlocks(): BlockList {
  const blocks = new BlockList()
  blocks.addSubnet('0.0.0.0', 8, 'ipv4')
  blocks.addSubnet('224.0.0.0', 3, 'ipv4')
  blocks.addAddress('::', 'ipv6')
  blocks.addSubnet('ff00::', 8, 'ipv6')
  return blocks
}

function loopbackBlocks(): BlockList {
  const blocks = new BlockList()
  blocks.addSubnet('127.0.0.0', 8, 'ipv4')
  blocks.addAddress('::1', 'ipv6')
  return blocks
}
