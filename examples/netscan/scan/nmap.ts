/** A scan by nmap, read while it runs. */
import { execFile } from 'node:child_process'
import { isIPv6 } from 'node:net'
import { promisify } from 'node:util'
import { Child, describeEnd } from '../child.ts'
import { type NmapEvent, type NmapFinished, NmapReader } from './nmap-xml.ts'
import { type HostStep, type ScannerRun, type ScanPlan, type ScanStep, ScannerError } from './scanner.ts'

/** Ports one run of nmap looks at: a step is kept after each, so that little is repeated after a crash. */
const portsPerRun = 4_096

/** Hosts of one address family that are equally far: one run of nmap takes them together. */
interface Batch {
  readonly addresses: readonly string[]
  readonly from: number
  readonly through: number
}

/** Whether nmap can be run here. */
export async function hasNmap(): Promise<boolean> {
  return promisify(execFile)('nmap', ['--version'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  )
}

/**
 * Runs nmap over the plan, `portsPerRun` ports at a time.
 *
 * @throws ScannerError when nmap fails, with what it said
 */
export async function* nmapScan(plan: ScanPlan, runner: ScannerRun): AsyncGenerator<ScanStep, void, undefined> {
  const settled = new Map(plan.pending.map((host) => [host.address, host.settled]))
  for (let batch = nextBatch(settled, plan.ports.length); batch; batch = nextBatch(settled, plan.ports.length)) {
    for await (const step of runBatch(batch, plan, runner)) {
      if (step.type === 'host' && step.status === 'down') settled.delete(step.address)
      else if (step.type === 'host') settled.set(step.address, step.settled)
      yield step
    }
  }
}

/** The hosts that are furthest behind come first. */
function nextBatch(settled: ReadonlyMap<string, number>, total: number): Batch | undefined {
  const from = Math.min(...settled.values())
  if (settled.size === 0 || from >= total) return undefined
  const behind = [...settled].filter(([, count]) => count === from).map(([address]) => address)
  const addresses = behind.filter((address) => isIPv6(address) === isIPv6(behind[0] ?? ''))
  return { addresses, from, through: Math.min(from + portsPerRun, total) }
}

async function* runBatch(batch: Batch, plan: ScanPlan, runner: ScannerRun): AsyncGenerator<ScanStep, void, undefined> {
  const unheard = new Set(batch.addresses)
  for await (const event of run(nmapArguments(batch, plan), runner)) {
    if (event.type === 'progress') yield { type: 'activity', text: `${event.task} ${Math.floor(event.percent)} %` }
    if (event.type === 'warning') yield event
    if (event.type !== 'host' || !unheard.delete(event.address)) continue
    yield { ...event, open: [...event.open], settled: batch.through }
  }
  for (const address of unheard) yield silentHost(address, batch.through)
}

/** nmap leaves out hosts it could not reach at all. */
function silentHost(address: string, settled: number): HostStep {
  return { type: 'host', address, status: 'down', reason: 'nmap could not reach it', settled, open: [] }
}

/** Connecting (-sT) needs no privileges; -n asks no name server. */
function nmapArguments({ addresses, from, through }: Batch, { ports, versions }: ScanPlan): string[] {
  const how = ['-sT', '-n', '-T4', '-v', '--stats-every', '1s', '-oX', '-']
  if (isIPv6(addresses[0] ?? '')) how.push('-6')
  if (versions) how.push('-sV', '--version-light')
  return [...how, '-p', formatPorts(ports.slice(from, through)), ...addresses]
}

/** Neighbouring ports as ranges, so that the list fits on a command line. */
export function formatPorts(ports: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const port of ports) {
    const range = ranges.at(-1)
    if (range && port === range[1] + 1) range[1] = port
    else ranges.push([port, port])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

type RunEvent = Exclude<NmapEvent, NmapFinished> | { readonly type: 'warning'; readonly text: string }

/** One run of nmap, to its end. */
async function* run(args: readonly string[], { spawn, signal }: ScannerRun): AsyncGenerator<RunEvent, void, undefined> {
  signal.throwIfAborted()
  const nmap = await Child.start('nmap', { spawn, args })
  let last: NmapFinished | undefined
  for await (const event of readEvents(nmap)) {
    if (event.type === 'finished') last = event
    else yield event
  }
  const end = await nmap.end()
  signal.throwIfAborted()
  if (end.code !== 0 || !last || last.error !== undefined) {
    const complaints = last?.error === undefined ? end.complaints : [last.error]
    throw new ScannerError(describeEnd('nmap', { ...end, complaints }))
  }
  for (const text of end.complaints) yield { type: 'warning', text: `nmap: ${text}` }
}

async function* readEvents(nmap: Child): AsyncGenerator<NmapEvent, void, undefined> {
  const reader = new NmapReader()
  for await (const text of nmap.text()) yield* reader.read(text)
}
