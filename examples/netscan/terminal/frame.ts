/** Draws a view as lines of text. Pure: the same view, size and time give the same lines. */
import { type AddressOrder, createAddressOrder } from '../addresses.ts'
import { describeMachine } from '../machine/machine.ts'
import type { Host, LogLine, Port, Topology } from '../state.ts'
import { drawReports, drawScans } from './draw-jobs.ts'
import type { FrameOptions, Paint } from './frame-options.ts'
import { clock, cut, fit, printable } from './printable.ts'
import { type View, openPorts } from './view.ts'

const leastLogLines = 3
/** Between the head, the two tables and the log. */
const blankLines = 3

export function drawFrame(view: View, options: FrameOptions): string[] {
  const head = [
    drawTitle(view, options),
    '',
    ...drawMachine(view.topology, options),
    ...drawScans(view, options),
    ...drawReports(view, options),
  ]
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
