/** Puts scans into the queue: what is under way goes on, unless something else is asked for. */
import type { Arguments } from '../arguments.ts'
import type { AskedJob } from '../jobs.ts'
import type { NetscanStore, NetscanTx, Scan, ScanInput } from '../state.ts'
import { UsageError } from '../usage-error.ts'
import { hasNmap } from './nmap.ts'
import { loopback, resolveTarget } from './targets.ts'

type Asked = Pick<Arguments, 'target' | 'ports' | 'scanner' | 'versions'>

/** Adds a scan, unless one of its target is under way, which then is the answer. */
export function enqueueScan(tx: NetscanTx, input: ScanInput): AskedJob {
  return tx.scans.enqueue(input, { key: keyOf(input.target) })
}

/** Names of hosts are the same in capitals. */
function keyOf(target: string): string {
  return target.toLowerCase()
}

/**
 * Finds out what can be wrong with what was asked for before anything is written.
 *
 * @throws UsageError
 */
export async function checkAsked({ target, scanner, versions }: Asked): Promise<void> {
  await resolveTarget(target ?? loopback)
  if (scanner !== 'nmap' && !versions) return
  const isThere = await hasNmap()
  if (scanner === 'nmap' && !isThere) throw new UsageError('nmap is not installed here. Leave out --scanner nmap, or install it.')
  if (versions && (scanner === 'connect' || !isThere)) throw new UsageError('--versions needs nmap.')
}

/** The scan that `npm start` is about: one that waits or runs, one that failed and is tried again, or else a new one. */
export async function askForScan(store: NetscanStore, asked: Asked): Promise<AskedJob> {
  const { value } = await store.commit((tx) => findOrEnqueue(tx, asked), { label: 'scan asked for' })
  return value
}

function findOrEnqueue(tx: NetscanTx, asked: Asked): AskedJob {
  const underWay = [
    ...tx.scans.find({ index: 'byState', equals: ['running'] }).items,
    ...tx.scans.find({ index: 'byState', equals: ['queued'] }).items,
  ]
  const same = underWay.find((scan) => isSameScan(scan, asked))
  if (same) return { id: same.id, isNew: false }
  const last = lastEnded(tx)
  if (last?.state === 'failed' && isSameScan(last, asked) && tx.scans.retry(last.id)) return { id: last.id, isNew: false }
  const { target = loopback, ports, scanner, versions } = asked
  return enqueueScan(tx, { target, versions, ...(ports === undefined ? {} : { ports }), ...(scanner === undefined ? {} : { scanner }) })
}

function lastEnded(tx: NetscanTx): Scan | undefined {
  const lastOf = (state: Scan['state']): Scan | undefined =>
    tx.scans.find({ index: 'byState', equals: [state], order: 'desc', limit: 1 }).items[0]
  const ended = [lastOf('completed'), lastOf('failed'), lastOf('cancelled')].filter((scan) => scan !== undefined)
  return ended.toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))[0]
}

/** Whether a scan is what was asked for, as far as anything was. */
function isSameScan({ input }: Scan, { target, ports, scanner, versions }: Asked): boolean {
  const isSame = <Value>(wanted: Value | undefined, had: Value | undefined): boolean => wanted === undefined || wanted === had
  return isSame(target, input.target) && isSame(ports, input.ports) && isSame(scanner, input.scanner) && (input.versions || !versions)
}
