/**
 * Keeps what one attempt of a scan finds.
 *
 * Each step of the scanner is one commit: hosts, ports, log lines and the place to go on from, all or nothing. So after a crash at any point
 * the next attempt goes on behind the last acknowledged step, and nothing found before is missing. The commits are those of the job: one that
 * was cancelled, or given to another process, keeps nothing more.
 */
import type { Finding, NetscanStore, NetscanTx, Scan, ScanProgress } from '../state.ts'
import { thisWorker } from '../worker.ts'
import { recordPorts, recordStatus } from './known-hosts.ts'
import { formatCount, percentOf } from '../figures.ts'
import { allPorts, parsePorts, usualPorts } from './ports.ts'
import type { HostStep, ScanPlan, ScanStep } from './scanner.ts'
import { isLoopback, maxAddresses, resolveTarget } from './targets.ts'

/** What a handler gets beside its job. */
export type ScanContext = Parameters<Parameters<NetscanStore['scans']['work']>[0]>[1]

interface RecorderParts {
  readonly scan: Scan
  readonly context: ScanContext
  readonly scanner: 'nmap' | 'connect'
  readonly findings: readonly Finding[]
}

export interface BeginOptions {
  readonly store: NetscanStore
  readonly scan: Scan
  readonly context: ScanContext
  /** The one to use where the scan asks for none. */
  readonly scanner: 'nmap' | 'connect'
}

export class ScanRecorder {
  readonly #scan: Scan
  readonly #context: ScanContext
  readonly #findings: Map<string, Finding>
  readonly #ports: readonly number[]
  readonly #progress: Required<Pick<ScanProgress, 'plan' | 'worker'>>
  readonly plan: ScanPlan
  readonly scanner: 'nmap' | 'connect'

  private constructor({ scan, context, scanner, findings }: RecorderParts) {
    const ports = scan.input.ports ?? portsFor(findings)
    this.#scan = scan
    this.#context = context
    this.scanner = scanner
    this.#findings = new Map(findings.map((finding) => [finding.address, finding]))
    this.#ports = parsePorts(ports)
    this.#progress = { plan: { scanner, ports, addresses: findings.length }, worker: thisWorker() }
    const pending = findings.filter((finding) => !this.#isDone(finding)).toSorted((a, b) => b.settled - a.settled)
    this.plan = {
      pending: pending.map(({ address, settled }) => ({ address, settled })),
      ports: [...this.#ports],
      versions: scan.input.versions,
    }
  }

  /**
   * Takes the scan up: for the first time with the addresses that its target stands for, later with those that are on record.
   *
   * @throws UsageError for a name that nobody knows
   */
  static async begin({ store, scan, context, scanner }: BeginOptions): Promise<ScanRecorder> {
    const found = store.findings.find({ index: 'byScan', equals: [scan.id], limit: maxAddresses }).items
    const options = { scan, context, scanner: scan.input.scanner ?? scanner }
    if (found.length > 0) {
      const recorder = new ScanRecorder({ ...options, findings: found })
      await recorder.#goOn()
      return recorder
    }
    context.progress({
      phase: 'preparing',
      message: 'Finding out what to look at.',
      done: 0,
      total: 1,
      up: 0,
      open: 0,
      worker: thisWorker(),
    })
    const { addresses, hostNames } = await resolveTarget(scan.input.target)
    const recorder = new ScanRecorder({ ...options, findings: addresses.map((address) => firstOf(scan, address, hostNames)) })
    await recorder.#start()
    return recorder
  }

  /** How far it is, as in `20 %`. */
  get share(): string {
    return `${percentOf(this.#figures())} %`
  }

  /** @throws HoldfastError LEASE_LOST when the scan is not this attempt's any more */
  async record(step: ScanStep): Promise<void> {
    if (step.type === 'host') await this.#recordHost(step)
    else if (step.type === 'activity') this.#tell(step.text)
    else this.#context.log({ level: 'warning', text: step.text })
  }

  /** The end of the scan, in one commit with the last line about it. */
  async finish(): Promise<{ up: number; down: number; open: number }> {
    const { up, open } = this.#figures()
    const result = { up, open, down: [...this.#findings.values()].filter(({ status }) => status === 'down').length }
    this.#tell('')
    const finish = (tx: NetscanTx): typeof result => {
      const text = `scan of ${this.#scan.input.target} finished: ${formatCount(up, 'host')} up, ${formatCount(open, 'open port')}`
      tx.console.append({ level: 'info', text }, { stream: this.#scan.id })
      return result
    }
    return (await this.#context.commit(finish, { label: 'scan finished', completes: true })).value
  }

  async #start(): Promise<void> {
    const { target } = this.#scan.input
    const addresses = formatCount(this.#findings.size, 'address', 'addresses')
    const text = `scan of ${target} started: ${addresses}, ${formatCount(this.#ports.length, 'port')} each`
    const start = (tx: NetscanTx): void => {
      for (const finding of this.#findings.values()) tx.findings.put(finding)
      tx.console.append({ level: 'info', text }, { stream: this.#scan.id })
    }
    await this.#context.commit(start, { label: 'scan started' })
    this.#tell('')
  }

  async #goOn(): Promise<void> {
    const text = `scan of ${this.#scan.input.target} ${pausedBy[this.#scan.reason ?? 'retried']} at ${this.share}; going on`
    await this.#context.commit((tx) => tx.console.append({ level: 'info', text }, { stream: this.#scan.id }), { label: 'scan resumed' })
    this.#tell('')
  }

  async #recordHost(step: HostStep): Promise<void> {
    const before = this.#findings.get(step.address)
    if (!before || this.#isDone(before)) return
    const all = this.#ports.length
    const settled = step.status === 'down' ? all : Math.min(step.settled, all)
    const { status, reason } = step
    const finding: Finding = { ...before, status, reason, settled, open: [...before.open, ...step.open] }
    const looked = this.#ports.slice(before.settled, step.settled)
    const record = (tx: NetscanTx): void => {
      tx.findings.put(finding)
      recordStatus(tx, { finding, before: before.status })
      if (status === 'up') recordPorts(tx, { finding, found: step.open, looked })
    }
    await this.#context.commit(record, { label: 'ports settled' })
    this.#findings.set(step.address, finding)
    this.#tell(this.#describe())
  }

  #describe(): string {
    const left = [...this.#findings.values()].filter((finding) => !this.#isDone(finding)).length
    return left > 1 ? `${formatCount(left, 'address', 'addresses')} to go` : ''
  }

  #tell(message: string): void {
    this.#context.progress({ phase: 'scanning', message, ...this.#figures(), ...this.#progress })
  }

  #figures(): Pick<ScanProgress, 'done' | 'total' | 'up' | 'open'> {
    const findings = [...this.#findings.values()]
    return {
      done: findings.reduce((sum, { settled }) => sum + settled, 0),
      total: findings.length * this.#ports.length,
      up: findings.filter(({ status }) => status === 'up').length,
      open: findings.reduce((sum, { open }) => sum + open.length, 0),
    }
  }

  #isDone({ status, settled }: Finding): boolean {
    return status === 'down' || settled >= this.#ports.length
  }
}

/** What kept the scan from going on. */
const pausedBy: { readonly [Reason in NonNullable<Scan['reason']>]: string } = {
  interrupted: 'was interrupted',
  stopped: 'was stopped',
  timeout: 'took too long',
  retrying: 'failed',
  retried: 'is asked for again',
  cancelled: 'was cancelled',
}

function firstOf(scan: Scan, address: string, names: readonly string[]): Finding {
  return { id: `${scan.id}/${address}`, scanId: scan.id, address, names, status: 'waiting', reason: '', settled: 0, open: [] }
}

/** A look at every port of this machine takes seconds; of another one it takes long, and is noticed. */
function portsFor(findings: readonly Finding[]): string {
  return findings.every(({ address }) => isLoopback(address)) ? allPorts : usualPorts
}
