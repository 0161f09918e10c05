/**
 * Keeps one scan in the store: what was asked for, how far it is, what it has found.
 *
 * Each step of the scanner is one commit: hosts, ports, log lines and the place to go on from, all or nothing. So after a crash at any point
 * the scan goes on behind the last acknowledged step, and nothing found before is missing.
 *
 * A scan that a page has asked for takes the place of the request in the same way, so it begins once, whenever the process dies.
 *
 * `run` is a fencing number. A process that takes a scan up raises it; one that was replaced finds another number in its next commit,
 * which is then rolled back.
 */
import type { LogLine, NetscanStore, Port, Scan } from '../state.ts'
import { parsePorts } from './ports.ts'
import type { HostStep, OpenPort, ScanPlan, ScanStep } from './scanner.ts'
import { maxAddresses } from './targets.ts'
import { thisWorker } from './worker.ts'

type Tx = Parameters<Parameters<NetscanStore['commit']>[0]>[0]

/** What a new scan is to look at. */
export type ScanRequest = Pick<Scan, 'target' | 'hostNames' | 'scanner' | 'ports' | 'versions'> & { readonly addresses: readonly string[] }

/** What could not be looked at, and why. */
export type HopelessRequest = Omit<ScanRequest, 'addresses'> & { readonly failure: string }

/** Another process has taken the scan up, or started one of its own. */
export class ScanReplacedError extends Error {
  override readonly name = 'ScanReplacedError'

  constructor() {
    super('Another process has taken over the scan in this store.')
  }
}

export class ScanRecorder {
  readonly #store: NetscanStore
  /** The scan as it was when this process began with it. */
  readonly scan: Scan
  readonly #ports: readonly number[]

  private constructor(store: NetscanStore, scan: Scan) {
    this.#store = store
    this.scan = scan
    this.#ports = parsePorts(scan.ports)
  }

  /** Records a new scan; one that was not finished is given up. */
  static async start(store: NetscanStore, id: string, request: ScanRequest): Promise<ScanRecorder> {
    const { value } = await store.commit((tx) => startScan(tx, id, request), { label: 'scan started' })
    return new ScanRecorder(store, value)
  }

  /** Records a scan that cannot even begin, such as one of a name that nobody knows. */
  static async failToStart(store: NetscanStore, id: string, { failure, ...request }: HopelessRequest): Promise<void> {
    const fail = (tx: Tx): void => {
      const scan = setScan(tx, id, { ...request, addresses: [] })
      tx.scan.set({ ...scan, state: 'failed', failure })
      addLine(tx, scan, 'warning', `scan of ${scan.target} not started: ${failure}`)
    }
    await store.commit(fail, { label: 'scan failed' })
  }

  /** Takes up the scan `id`, which was not finished. */
  static async resume(store: NetscanStore, id: string, scanner: Scan['scanner']): Promise<ScanRecorder> {
    const { value } = await store.commit((tx) => resumeScan(tx, id, scanner), { label: 'scan resumed' })
    return new ScanRecorder(store, value)
  }

  get plan(): ScanPlan {
    return { pending: this.scan.pending, ports: this.#ports, versions: this.scan.versions }
  }

  /** @throws ScanReplacedError */
  async record(step: ScanStep): Promise<void> {
    if (step.type === 'host') await this.#commit('ports settled', (tx, scan) => this.#recordHost(tx, scan, step))
    else if (step.type === 'activity') await this.#commit('activity', (tx, scan) => tx.scan.set({ ...scan, activity: step.text }))
    else await this.#commit('warning', (tx, scan) => addLine(tx, scan, 'warning', step.text))
  }

  async finish(): Promise<void> {
    await this.#commit('scan finished', (tx, scan) => {
      const { activity: _, ...rest } = scan
      tx.scan.set({ ...rest, state: 'finished', finishedAt: Date.now() })
      addLine(tx, scan, 'info', `scan of ${scan.target} finished: ${summarise(tx, scan)}`)
    })
  }

  async interrupt(reason: string): Promise<void> {
    await this.#commit('scan interrupted', (tx, scan) => endEarly(tx, scan, { state: 'interrupted', reason }))
  }

  async fail(reason: string): Promise<void> {
    await this.#commit('scan failed', (tx, scan) => endEarly(tx, scan, { state: 'failed', reason }))
  }

  async #commit(label: string, write: (tx: Tx, scan: Scan) => void): Promise<void> {
    await this.#store.commit(
      (tx) => {
        const scan = tx.scan.get()
        if (scan?.id !== this.scan.id || scan.run !== this.scan.run) throw new ScanReplacedError()
        write(tx, scan)
      },
      { label },
    )
  }

  #recordHost(tx: Tx, scan: Scan, step: HostStep): void {
    const before = scan.pending.find((host) => host.address === step.address)
    if (!before) return
    const isDone = step.status === 'down' || step.settled >= this.#ports.length
    const settled = isDone ? this.#ports.length : step.settled
    const rest = scan.pending.filter((host) => host !== before)
    const pending = isDone ? rest : [{ address: step.address, settled }, ...rest]
    const done = scan.probes.done + settled - before.settled
    tx.scan.set({ ...scan, pending, probes: { ...scan.probes, done } })
    recordStatus(tx, scan, step)
    if (step.status === 'up') recordPorts(tx, scan, { step, settled: this.#ports.slice(before.settled, step.settled) })
  }
}

function startScan(tx: Tx, id: string, request: ScanRequest): Scan {
  const scan = setScan(tx, id, request)
  const ports = count(parsePorts(scan.ports).length, 'port')
  addLine(tx, scan, 'info', `scan of ${scan.target} started: ${count(scan.pending.length, 'address', 'addresses')}, ${ports} each`)
  return scan
}

/** Puts a scan in the place of the last one, and of the request for it. */
function setScan(tx: Tx, id: string, { addresses, ...request }: ScanRequest): Scan {
  const last = tx.scan.get()
  if (last && isUnderWay(last)) addLine(tx, last, 'warning', `scan given up at ${percent(last)} %, for one of ${request.target}`)
  const pending = addresses.map((address) => ({ address, settled: 0 }))
  // Addresses that are not known count as one.
  const probes = { done: 0, total: Math.max(1, addresses.length) * parsePorts(request.ports).length }
  const scan: Scan = { ...request, id, state: 'running', run: 1, worker: thisWorker(), startedAt: Date.now(), pending, probes }
  tx.scan.set(scan)
  if (tx.request.get()?.id === id) tx.request.delete()
  return scan
}

function isUnderWay({ state }: Scan): boolean {
  return state === 'running' || state === 'interrupted'
}

function resumeScan(tx: Tx, id: string, scanner: Scan['scanner']): Scan {
  const last = tx.scan.get()
  if (last?.id !== id) throw new ScanReplacedError()
  const { failure, ...rest } = last
  const scan: Scan = { ...rest, scanner, state: 'running', run: last.run + 1, worker: thisWorker() }
  tx.scan.set(scan)
  addLine(
    tx,
    scan,
    'info',
    `scan of ${scan.target} ${failure === undefined ? 'was interrupted' : 'failed'} at ${percent(last)} %; going on`,
  )
  return scan
}

interface EarlyEnd {
  readonly state: 'interrupted' | 'failed'
  readonly reason: string
}

function endEarly(tx: Tx, scan: Scan, { state, reason }: EarlyEnd): void {
  const { activity: _, ...rest } = scan
  tx.scan.set({ ...rest, state, ...(state === 'failed' ? { failure: reason } : {}) })
  addLine(tx, scan, 'warning', `scan ${state} at ${percent(scan)} %: ${reason}`)
}

function recordStatus(tx: Tx, scan: Scan, { address, status, reason }: HostStep): void {
  const known = tx.hosts.get(address)
  if (status === undefined || (known?.scanId === scan.id && known.status === status)) return
  const at = Date.now()
  const seen = status === 'up' ? { firstSeenAt: known?.firstSeenAt ?? at, lastSeenAt: at } : {}
  tx.hosts.put({ ...known, address, names: scan.hostNames, status, reason, scanId: scan.id, ...seen })
  if (status === 'up') addLine(tx, scan, known?.status === 'up' ? 'info' : 'found', `${address} is up (${reason})`)
  else if (known?.status === 'up') addLine(tx, scan, 'lost', `${address} is down now (${reason})`)
}

/** Keeps the ports that are open, and those that no longer are. */
function recordPorts(tx: Tx, scan: Scan, { step, settled }: { readonly step: HostStep; readonly settled: readonly number[] }): void {
  const at = Date.now()
  for (const found of step.open) recordOpenPort(tx, scan, { address: step.address, found, at })
  const open = new Set(step.open.map((one) => one.port))
  for (const port of knownOpenPorts(tx, step.address, settled)) {
    if (open.has(port.port)) continue
    tx.ports.put({ ...port, state: 'closed' })
    addLine(tx, scan, 'lost', `${step.address} port ${port.port} is no longer open`)
  }
}

interface Finding {
  readonly address: string
  readonly found: OpenPort
  readonly at: number
}

function recordOpenPort(tx: Tx, scan: Scan, { address, found, at }: Finding): void {
  const id = `${address}/tcp/${found.port}`
  const known = tx.ports.get(id)
  const wasOpen = known?.state === 'open'
  tx.ports.put({ ...found, id, address, state: 'open', scanId: scan.id, firstSeenAt: known?.firstSeenAt ?? at, lastSeenAt: at })
  const about = [found.service, found.product].filter(Boolean).join(', ')
  const text = `${address} port ${found.port} is ${wasOpen ? 'still ' : ''}open${about === '' ? '' : ` (${about})`}`
  addLine(tx, scan, wasOpen ? 'info' : 'found', text)
}

/** Those of `ports` that an earlier scan has found open. */
function knownOpenPorts(tx: Tx, address: string, ports: readonly number[]): Port[] {
  const wanted = new Set(ports)
  return [...portsOf(tx, address)].filter((port) => port.state === 'open' && wanted.has(port.port))
}

function* portsOf(tx: Tx, address: string): Generator<Port> {
  let page = tx.ports.find({ index: 'byAddress', equals: [address] })
  yield* page.items
  while (page.next !== undefined) {
    page = tx.ports.find({ index: 'byAddress', equals: [address], after: page.next })
    yield* page.items
  }
}

function addLine(tx: Tx, scan: Scan, level: LogLine['level'], text: string): void {
  tx.console.append({ level, text }, { stream: scan.id })
}

/** What the scan has found up, and open there. */
function summarise(tx: Tx, scan: Scan): string {
  const up = tx.hosts.find({ index: 'byScan', equals: [scan.id, 'up'], limit: maxAddresses }).items
  const open = up.flatMap((host) => [...portsOf(tx, host.address)].filter((port) => port.scanId === scan.id))
  return `${count(up.length, 'host')} up, ${count(open.length, 'open port')}`
}

function percent({ probes }: Scan): number {
  return Math.floor((probes.done / probes.total) * 100)
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
