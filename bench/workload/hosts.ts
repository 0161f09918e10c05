/** Hosts and log lines by number, the same in every run. About 170 bytes of stored text a host. */
import type { HostValue, LineValue } from './bench-state.ts'

const vendors = ['Raspberry Pi', 'Ubiquiti', 'Hewlett Packard', 'Apple', 'AVM GmbH']

/** Addresses as a scan finds them: neighbours come together. */
export function hostAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}

/** @param version of the record: another one has other values under the same address */
export function createHost(number: number, version = 0): HostValue {
  return {
    address: hostAddress(number),
    name: `host-${number}.local`,
    status: (number + version) % 3 === 0 ? 'down' : 'up',
    lastSeenAt: 1_790_000_000_000 + number * 137 + version,
    ports: [22, 80, 443, 1024 + (number % 50_000)],
    vendor: vendors[number % vendors.length] ?? '',
  }
}

export function createLine(number: number): LineValue {
  return {
    level: number % 9 === 0 ? 'warn' : 'info',
    text: `port ${number % 65_536} answered after ${number % 97} ms`,
    host: hostAddress(number),
  }
}

/** A put of a new host, or over what an earlier put wrote. */
export interface Put {
  readonly host: HostValue
  /** What it replaces, and the number of the put that wrote that. */
  readonly before: { readonly host: HostValue; readonly number: number } | undefined
}

/** How many hosts ago the one was put that is replaced. */
const replacedAfter = 500

/** Numbers of hosts that are never replaced. */
const keptFrom = 0x40000000

/** Puts by number: every second one replaces a record, as in a program that tracks the world. */
export function createPut(number: number): Put {
  const at = number >> 1
  if (number % 2 === 0) return { host: createHost(at), before: undefined }
  const replaced = at - replacedAfter
  if (replaced < 0) return { host: createHost(keptFrom + at), before: undefined }
  return { host: createHost(replaced, 1), before: { host: createHost(replaced), number: replaced * 2 } }
}
