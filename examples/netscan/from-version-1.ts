/**
 * Version 1 kept one scan at a time as a document, and the wish for the next one as another. They become jobs, under the ids they had, so that
 * the lines of the log, the hosts and the ports that name them still do: one that has ended is history, one that was under way or asked for
 * is queued, and goes on where it was.
 */
import type { Migration, MigrationTx } from './holdfast.ts'
import { parsePorts } from './scan/ports.ts'

/** A scan as version 1 kept it; what is not named here was of use to the process that ran it alone. */
interface OldScan {
  readonly id: string
  readonly target: string
  readonly hostNames: readonly string[]
  readonly scanner: 'nmap' | 'connect'
  readonly state: 'running' | 'finished' | 'interrupted' | 'failed'
  readonly failure?: string
  readonly startedAt: number
  readonly finishedAt?: number
  readonly ports: string
  readonly versions: boolean
  readonly pending: readonly { readonly address: string; readonly settled: number }[]
  readonly probes: { readonly done: number; readonly total: number }
}

interface OldRequest {
  readonly id: string
  readonly target: string
  readonly ports?: string
}

interface OldHost {
  readonly address: string
  readonly names: readonly string[]
  readonly status: 'up' | 'down'
  readonly reason: string
  readonly scanId: string
}

interface OldPort {
  readonly address: string
  readonly port: number
  readonly state: 'open' | 'closed'
  readonly service: string
  readonly product: string
  readonly scanId: string
}

interface Finding {
  readonly status: 'waiting' | 'up' | 'down'
  readonly open: readonly object[]
}

/** As many as version 2 gives a scan; what a job may still be tried is a matter of its record. */
const attempts = 4

export const fromVersion1: Migration = {
  version: 2,
  name: 'scans become jobs',
  up(tx) {
    const request = tx.kind('request').get('') as OldRequest | undefined
    const scan = tx.kind('scan').get('') as OldScan | undefined
    if (scan !== undefined) moveScan(tx, scan, request)
    if (request !== undefined) tx.kind('scans').put(request.id, fromRequest(request))
    tx.drop('scan')
    tx.drop('request')
  },
}

function moveScan(tx: MigrationTx, scan: OldScan, request: OldRequest | undefined): void {
  const findings = collectFindings(tx, scan)
  for (const finding of findings) tx.kind('findings').put(finding.id, finding)
  const { id, target, ports, scanner, versions, startedAt, probes } = scan
  const found = countFound(findings)
  const progress = {
    phase: 'scanning',
    message: '',
    done: probes.done,
    total: probes.total,
    up: found.up,
    open: found.open,
    plan: { scanner, ports, addresses: findings.length },
  }
  const input = { target, ports, scanner, versions }
  const job = { id, input, key: target.toLowerCase(), priority: 0, attempts, runAt: startedAt, progress, createdAt: startedAt }
  tx.kind('scans').put(id, { ...job, ...endOf(scan, found, request) })
}

/** Where the job stands. A scan that was given up for the one that was asked for is cancelled. */
function endOf(scan: OldScan, found: ReturnType<typeof countFound>, request: OldRequest | undefined): object {
  const endedAt = scan.finishedAt ?? scan.startedAt
  const ended = { attempt: 1, startedAt: scan.startedAt, endedAt }
  if (scan.state === 'finished') return { state: 'completed', ...ended, result: found }
  if (scan.state === 'failed') return { state: 'failed', ...ended, error: { name: 'ScannerError', message: scan.failure ?? '' } }
  if (request !== undefined) return { state: 'cancelled', ...ended, reason: 'cancelled' }
  return { state: 'queued', attempt: 1, reason: 'interrupted' }
}

function fromRequest({ id, target, ports }: OldRequest): object {
  const input = { target, versions: false, ...(ports === undefined ? {} : { ports }) }
  // Version 1 did not keep when it was asked for; it is carried out now.
  const at = Date.now()
  return { id, state: 'queued', input, key: target.toLowerCase(), priority: 0, attempt: 0, attempts, runAt: at, createdAt: at }
}

/** What the scan has found, as far as hosts and ports tell: those of its addresses that a later scan has looked at are not its own any more. */
function collectFindings(tx: MigrationTx, scan: OldScan) {
  const hosts = valuesOf<OldHost>(tx, 'hosts').filter((host) => host.scanId === scan.id)
  const ports = valuesOf<OldPort>(tx, 'ports').filter((port) => port.scanId === scan.id && port.state === 'open')
  const settled = new Map(scan.pending.map((one) => [one.address, one.settled]))
  const all = parsePorts(scan.ports).length
  const addresses = new Set([...settled.keys(), ...hosts.map((host) => host.address)])
  return [...addresses].map((address) => {
    const host = hosts.find((one) => one.address === address)
    const open = ports.filter((port) => port.address === address)
    return {
      id: `${scan.id}/${address}`,
      scanId: scan.id,
      address,
      names: host?.names ?? scan.hostNames,
      status: host?.status ?? ('waiting' as const),
      reason: host?.reason ?? '',
      settled: settled.get(address) ?? all,
      open: open.map(({ port, service, product }) => ({ port, service, product })),
    }
  })
}

function countFound(findings: readonly Finding[]): { readonly up: number; readonly down: number; readonly open: number } {
  const number = (status: Finding['status']): number => findings.filter((one) => one.status === status).length
  return { up: number('up'), down: number('down'), open: findings.reduce((sum, one) => sum + one.open.length, 0) }
}

function valuesOf<Value>(tx: MigrationTx, kind: string): Value[] {
  return [...tx.kind(kind).entries()].map(({ value }) => value as Value)
}
