/** Draws a view as lines of text. Pure: the same view, size and time give the same lines. */
import type { styleText } from 'node:util'
import { type AddressOrder, createAddressOrder } from '../addresses.ts'
import { describeMachine } from '../machine/machine.ts'
import type { Host, LogLine, Port, Scan, Topology } from '../state.ts'
import { fit, printable } from './printable.ts'
import { type View, openPorts } from './view.ts'

/** Colours text, or not; with the first two parameters of `styleText`. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

export interface FrameOptions {
  readonly width: number
  /** Lines the frame should keep to; lists are shortened for it. */
  readonly height: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Where the store is. */
  readonly directory: string
  readonly paint: Paint
  /** Whether somebody is at work on a scan that is said to be running, and had its last step so long ago. */
  isAtWork(scan: Scan, quietMs: number): boolean
}

/** Without a commit for this long, a running scan is said to be silent. */
const silenceMs = 5_000
const leastLogLines = 3
/** Between the head, the two tables and the log. */
const blankLines = 3

export function drawFrame(view: View, options: FrameOptions): string[] {
  const head = [drawTitle(view, options), '', ...drawMachine(view.topology, options), ...drawScan(view, options)]
  const [hosts, ports] = [drawHosts(view, options), drawPorts(view, options)]
  const space = Math.max(6, options.height - head.length - blankLines - leastLogLines)
  const hostSpace = Math.min(hosts.length, Math.max(space - ports.length, Math.floor(space * 0.4)))
  const tables = ['', ...shorten(hosts, hostSpace, options), '', ...shorten(ports, space - hostSpace, options), '']
  const logSpace = Math.max(leastLogLines, options.height - head.length - tables.length)
  return [...head, ...tables, ...drawLog(view, { ...options, height: logSpace })]
}

function drawTitle({ revision }: View, { directory, paint }: FrameOptions): string {
  return `${paint(['bold', 'cyan'], 'netscan')}  ${paint('dim', `${printable(directory)} · revision`)} ${revision.toLocaleString('en')}`
}

function drawMachine(topology: Topology | undefined, { width, paint }: FrameOptions): string[] {
  if (!topology) return [paint('dim', 'this machine is not recorded yet')]
  const about = printable(describeMachine(topology))
  const name = printable(topology.hostname)
  return [`${paint('bold', name)}  ${paint('dim', cut(about, width - name.length - 2))}`]
}

function drawScan({ scan, at }: View, { width, now, paint, isAtWork }: FrameOptions): string[] {
  if (!scan) return [paint('dim', 'no scan yet')]
  const share = scan.probes.done / scan.probes.total
  const state = scan.state === 'running' && !isAtWork(scan, now - at) ? 'interrupted' : scan.state
  const isSilent = state === 'running' && now - at > silenceMs
  const notes = [
    state === 'running' ? (scan.activity ?? '') : state,
    scan.run > 1 ? `started ${scan.run} times` : '',
    isSilent ? `no news for ${Math.floor((now - at) / 1_000)} s` : '',
  ].filter(Boolean)
  const counts = `${Math.floor(share * 100)} %  ${scan.probes.done.toLocaleString('en')} of ${scan.probes.total.toLocaleString('en')} ports`
  const name = `scan of ${scan.target} with ${scan.scanner === 'nmap' ? 'nmap' : 'TCP connections'} since ${clock(scan.startedAt)}`
  return [
    `${printable(name)}${paint(isSilent ? 'yellow' : 'dim', printable(notes.map((note) => ` · ${note}`).join('')))}`,
    `${drawBar(share, { width: Math.max(10, Math.min(40, width - counts.length - 2)), state, paint })}  ${counts}`,
    ...drawFailure(scan, width).map((line) => paint('red', line)),
  ]
}

/** Whole, as far as three lines hold it. */
function drawFailure({ failure = '' }: Scan, width: number): string[] {
  const text = printable(failure)
  return [text.slice(0, width), text.slice(width, 2 * width), cut(text.slice(2 * width), width)].filter(Boolean)
}

function drawBar(share: number, { width, state, paint }: { width: number; state: Scan['state']; paint: Paint }): string {
  const filled = Math.floor(share * width)
  return paint(barColours[state], '━'.repeat(filled)) + paint('dim', '╌'.repeat(width - filled))
}

const barColours = { running: 'cyan', finished: 'green', interrupted: 'yellow', failed: 'red' } as const

function drawHosts(view: View, options: FrameOptions): string[] {
  const hosts = [...view.hosts.values()].toSorted(byStatusThen(createAddressOrder()))
  const open = Map.groupBy(openPorts(view), (port) => port.address)
  const rows = hosts.map((host) => drawHost(host, open.get(host.address)?.length ?? 0, options.paint))
  return drawTable('HOST                      STATUS  OPEN  LAST SEEN  NAME', rows, options)
}

function drawHost(host: Host, open: number, paint: Paint): string {
  const status = paint(host.status === 'up' ? 'green' : 'dim', fit(host.status, 6))
  const seen = host.lastSeenAt === undefined ? 'never' : clock(host.lastSeenAt)
  return `${fit(printable(host.address), 24)}  ${status}  ${String(open).padStart(4)}  ${fit(seen, 9)}  ${printable(host.names.join(' '))}`
}

function byStatusThen(order: AddressOrder): (a: Host, b: Host) => number {
  return (a, b) => {
    if (a.status !== b.status) return a.status === 'up' ? -1 : 1
    return order(a.address, b.address)
  }
}

function drawPorts(view: View, options: FrameOptions): string[] {
  const order = createAddressOrder()
  const ports = openPorts(view).toSorted((a, b) => a.port - b.port || order(a.address, b.address))
  return drawTable(
    'PORT   HOST                      SERVICE',
    ports.map((port) => drawPort(port, options.paint)),
    options,
  )
}

function drawPort(port: Port, paint: Paint): string {
  const service = port.service === '' ? '–' : printable(port.service)
  const product = port.product === '' ? '' : paint('dim', `  ${printable(port.product)}`)
  return `${paint('cyan', fit(String(port.port), 5))}  ${fit(printable(port.address), 24)}  ${service}${product}`
}

function drawLog({ lines }: View, { width, height, paint }: FrameOptions): string[] {
  return lines.slice(-height).map((line) => {
    return `${paint('dim', clock(line.at))}  ${paint(levelStyles[line.level], cut(printable(line.text), width - 10))}`
  })
}

const levelStyles: { readonly [Level in LogLine['level']]: Parameters<Paint>[0] } = {
  info: 'reset',
  found: 'green',
  lost: 'yellow',
  warning: 'red',
}

function drawTable(heading: string, rows: readonly string[], { paint }: FrameOptions): string[] {
  return [paint('dim', heading), ...(rows.length > 0 ? rows : [paint('dim', 'none yet')])]
}

/** At most `height` lines; the last says how many more there are. */
function shorten(table: readonly string[], height: number, { paint }: FrameOptions): string[] {
  if (table.length <= height) return [...table]
  const shown = Math.max(1, height - 1)
  return [...table.slice(0, shown), paint('dim', `and ${table.length - shown} more`)]
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : fit(text, Math.max(1, width))
}

/** Local time of day. */
export function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}
