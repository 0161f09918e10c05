/** What is known of hosts and ports, whichever scan found it, brought up to date by one step of a scan; and what is said of the news. */
import type { Finding, LogLine, NetscanTx, Port } from '../state.ts'
import type { OpenPort } from './scanner.ts'

export interface StatusNews {
  readonly finding: Finding
  /** What this scan knew before. */
  readonly before: Finding['status']
}

export function recordStatus(tx: NetscanTx, { finding, before }: StatusNews): void {
  const { address, names, status, reason, scanId } = finding
  if (status === 'waiting' || status === before) return
  const known = tx.hosts.get(address)
  const at = Date.now()
  const seen = status === 'up' ? { firstSeenAt: known?.firstSeenAt ?? at, lastSeenAt: at } : {}
  tx.hosts.put({ ...known, address, names, status, reason, scanId, ...seen })
  if (status === 'up') addLine(tx, finding, { level: known?.status === 'up' ? 'info' : 'found', text: `${address} is up (${reason})` })
  else if (known?.status === 'up') addLine(tx, finding, { level: 'lost', text: `${address} is down now (${reason})` })
}

export interface PortNews {
  readonly finding: Finding
  /** The open ports among those that were looked at. */
  readonly found: readonly OpenPort[]
  readonly looked: readonly number[]
}

/** Keeps the ports that are open, and those that no longer are. */
export function recordPorts(tx: NetscanTx, { finding, found, looked }: PortNews): void {
  for (const one of found) recordOpenPort(tx, finding, one)
  const open = new Set(found.map((one) => one.port))
  for (const port of knownOpenPorts(tx, finding.address, looked)) {
    if (open.has(port.port)) continue
    tx.ports.put({ ...port, state: 'closed' })
    addLine(tx, finding, { level: 'lost', text: `${finding.address} port ${port.port} is no longer open` })
  }
}

function recordOpenPort(tx: NetscanTx, finding: Finding, found: OpenPort): void {
  const { address, scanId } = finding
  const id = `${address}/tcp/${found.port}`
  const at = Date.now()
  const known = tx.ports.get(id)
  const wasOpen = known?.state === 'open'
  tx.ports.put({ ...found, id, address, state: 'open', scanId, firstSeenAt: known?.firstSeenAt ?? at, lastSeenAt: at })
  const about = [found.service, found.product].filter(Boolean).join(', ')
  const text = `${address} port ${found.port} is ${wasOpen ? 'still ' : ''}open${about === '' ? '' : ` (${about})`}`
  addLine(tx, finding, { level: wasOpen ? 'info' : 'found', text })
}

/** Those of `ports` that an earlier scan has found open. */
function knownOpenPorts(tx: NetscanTx, address: string, ports: readonly number[]): Port[] {
  const wanted = new Set(ports)
  return [...portsOf(tx, address)].filter((port) => port.state === 'open' && wanted.has(port.port))
}

function* portsOf(tx: NetscanTx, address: string): Generator<Port> {
  let page = tx.ports.find({ index: 'byAddress', equals: [address] })
  yield* page.items
  while (page.next !== undefined) {
    page = tx.ports.find({ index: 'byAddress', equals: [address], after: page.next })
    yield* page.items
  }
}

function addLine(tx: NetscanTx, { scanId }: Finding, line: LogLine): void {
  tx.console.append(line, { stream: scanId })
}
