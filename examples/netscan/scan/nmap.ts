/** A scan by nmap, read while it runs. */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { type NmapEvent, type NmapFinished, NmapReader } from './nmap-xml.ts'
import { type HostStep, type ScanPlan, type ScanStep, ScannerError } from './scanner.ts'

/** Ports one run of nmap looks at: a step is kept after each, so that little is repeated after a crash. */
const portsPerRun = 4_096
const killAfterMs = 2_000

type Nmap = ChildProcessByStdio<null, Readable, Readable>

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
export async function* nmapScan(plan: ScanPlan, signal: AbortSignal): AsyncGenerator<ScanStep, void, undefined> {
  const settled = new Map(plan.pending.map((host) => [host.address, host.settled]))
  for (let batch = nextBatch(settled, plan.ports.length); batch; batch = nextBatch(settled, plan.ports.length)) {
    for await (const step of runBatch(batch, plan, signal)) {
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

async function* runBatch(batch: Batch, plan: ScanPlan, signal: AbortSignal): AsyncGenerator<ScanStep, void, undefined> {
  const unheard = new Set(batch.addresses)
  for await (const event of run(nmapArguments(batch, plan), signal)) {
    if (event.type === 'progress') yield { type: 'activity', text: `${event.task} ${Math.floor(event.percent)} %` }
    if (event.type === 'warning') yield event
    if (event.type !== 'host' || !unheard.delete(event.address)) continue
    yield { ...event, settled: batch.through }
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

/** One run of nmap; it has ended, one way or the other, when the loop over this ends. */
async function* run(parameters: readonly string[], signal: AbortSignal): AsyncGenerator<RunEvent, void, undefined> {
  signal.throwIfAborted()
  const nmap: Nmap = spawn('nmap', parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = waitForEnd(nmap)
  const stop = (): boolean => nmap.kill()
  signal.addEventListener('abort', stop)
  let last: NmapFinished | undefined
  try {
    await once(nmap, 'spawn')
    const complaints = collect(nmap.stderr)
    for await (const event of readEvents(nmap)) {
      if (event.type === 'finished') last = event
      else yield event
    }
    const { code, killedBy } = await closed
    signal.throwIfAborted()
    if (code !== 0 || !last || last.error !== undefined)
      throw new ScannerError(describeFailure({ code, killedBy, said: last?.error ?? (await complaints).join(' ') }))
    for (const text of await complaints) yield { type: 'warning', text: `nmap: ${text}` }
  } finally {
    signal.removeEventListener('abort', stop)
    await end(nmap, closed)
  }
}

async function* readEvents(nmap: Nmap): AsyncGenerator<NmapEvent, void, undefined> {
  const reader = new NmapReader()
  for await (const text of nmap.stdout.setEncoding('utf8')) yield* reader.read(String(text))
}

/** The lines of a stream, at most the last twenty. */
async function collect(stream: Readable): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() !== '') lines.push(line)
    if (lines.length > 20) lines.shift()
  }
  return lines
}

interface End {
  readonly code: number | null
  readonly killedBy: NodeJS.Signals | null
}

function describeFailure({ code, killedBy, said }: End & { readonly said: string }): string {
  const how = killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`
  return `nmap ${how}${said === '' ? '' : `: ${said}`}`
}

/** Also resolves when nmap could not be started. */
async function waitForEnd(nmap: Nmap): Promise<End> {
  const { promise, resolve } = Promise.withResolvers<End>()
  nmap.once('close', (code, killedBy) => resolve({ code, killedBy }))
  return promise
}

/** Ends nmap if it still runs: politely first, then for good. */
async function end(nmap: Nmap, closed: Promise<End>): Promise<void> {
  nmap.kill()
  const timer = setTimeout(() => nmap.kill('SIGKILL'), killAfterMs)
  await closed
  clearTimeout(timer)
}
