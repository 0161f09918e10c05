/** Decides what is scanned: what was interrupted goes on, unless something else is asked for. */
import { randomUUID } from 'node:crypto'
import type { Arguments } from '../arguments.ts'
import type { NetscanStore, Request, Scan } from '../state.ts'
import { UsageError } from '../usage-error.ts'
import { hasNmap } from './nmap.ts'
import { allPorts, usualPorts } from './ports.ts'
import { ScanRecorder } from './scan-recorder.ts'
import { type Target, isLoopback, loopback, resolveTarget } from './targets.ts'

/** What the user asked for, with everything that can be wrong with it found out before anything is written. */
export interface Wish {
  readonly args: Arguments
  readonly target: Target
  readonly scanner: Scan['scanner']
}

/** @throws UsageError */
export async function readWish(args: Arguments): Promise<Wish> {
  const target = await resolveTarget(args.target ?? loopback)
  const isThere = await hasNmap()
  if (args.scanner === 'nmap' && !isThere) throw new UsageError('nmap is not installed here. Leave out --scanner nmap, or install it.')
  const scanner = args.scanner ?? (isThere ? 'nmap' : 'connect')
  if (args.versions && scanner !== 'nmap') throw new UsageError('--versions needs nmap.')
  return { args, target, scanner }
}

/** Begins the scan that a page has asked for; undefined when it cannot begin, which is on record then. */
export async function beginRequested(store: NetscanStore, request: Request): Promise<ScanRecorder | undefined> {
  const { id, ports } = request
  const options = { scanner: (await hasNmap()) ? 'nmap' : 'connect', versions: false } as const
  try {
    const target = await resolveTarget(request.target)
    const { name, addresses, hostNames } = target
    return await ScanRecorder.start(store, id, { ...options, target: name, addresses, hostNames, ports: ports ?? portsFor(target) })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const hopeless = { ...options, target: request.target, hostNames: [], ports: ports ?? usualPorts, failure: error.message }
    await ScanRecorder.failToStart(store, id, hopeless)
    return undefined
  }
}

export async function beginScan(store: NetscanStore, { args, target, scanner }: Wish): Promise<ScanRecorder> {
  const last = store.scan.get()
  if (last && canGoOn(last) && isSameScan(last, args)) {
    const same = args.scanner === undefined && last.scanner === 'connect' ? 'connect' : scanner
    return ScanRecorder.resume(store, last.id, same)
  }
  return ScanRecorder.start(store, randomUUID(), {
    target: target.name,
    addresses: target.addresses,
    hostNames: target.hostNames,
    ports: args.ports ?? portsFor(target),
    versions: args.versions,
    scanner,
  })
}

/** A look at every port of this machine takes seconds; of another one it takes long, and is noticed. */
function portsFor(target: Target): string {
  return target.addresses.every(isLoopback) ? allPorts : usualPorts
}

/** One whose target was never found has nothing to go on with. */
function canGoOn({ state, pending }: Scan): boolean {
  return state !== 'finished' && !(state === 'failed' && pending.length === 0)
}

function isSameScan(last: Scan, { target, ports, versions }: Arguments): boolean {
  return (target ?? last.target) === last.target && (ports ?? last.ports) === last.ports && (last.versions || !versions)
}
