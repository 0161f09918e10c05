/** The command line: what can be asked for, and how a mistake is answered. */
import { parseArgs } from 'node:util'
import { allPorts, parsePorts, usualPorts } from './scan/ports.ts'
import { type PageTransport, transports } from './transport.ts'
import { quote, UsageError } from './usage-error.ts'

export const help = `Scans this machine, or a target you name, and keeps what it finds in a store that survives kill -9.

  npm start                                scan this machine, or go on with a scan that was interrupted; serve the page
  npm start -- --follow                    in another terminal: watch, history first, then live
  npm start -- --cancel                    in another terminal: end the scans and reports that are under way
  npm start -- --report                    in another terminal: make a report of the last scan
  npm start -- --no-page                   scan without the page, and end when the scan does
  npm start -- --target 192.168.1.0/24     scan something else; only scan what is yours

  --directory DIR   where the store is (default .netscan)
  --target TARGET   an address, a block of up to 256 such as 10.0.0.0/24, or a host name (default loopback)
  --ports PORTS     22,80,8000-8100, "usual" or "all" (default: all on loopback, else the usual ones)
  --scanner NAME    nmap or connect (default: nmap where it is installed)
  --port PORT       of the page (default: the one it had last, else the first free one from 4173 on)
  --transport NAME  of the page: auto, sse, websocket, long-poll, poll or socket.io (default auto: the first of sse, long-poll and
                    poll that comes through)
  --versions        ask open ports what they run; takes longer, needs nmap
  --follow          watch a store that another process writes; reads only
  --once            show what is kept and end, without scanning
  --cancel          end what is under way, in whatever process it runs; with --target, only that of the target
  --report          make a report of the last scan; with --target, of the last one of the target
  --help            this text
`

/** What can be done in place of scanning. */
const others = ['follow', 'once', 'cancel', 'report'] as const
type Other = (typeof others)[number]

export interface Arguments {
  readonly mode: 'serve' | 'scan' | Other | 'help'
  readonly directory: string
  readonly target: string | undefined
  /** As `parsePorts` reads it. */
  readonly ports: string | undefined
  readonly scanner: 'nmap' | 'connect' | undefined
  readonly versions: boolean
  /** Of the page. */
  readonly port: number | undefined
  /** Of the page. */
  readonly transport: PageTransport
}

const options = {
  directory: { type: 'string', default: '.netscan' },
  target: { type: 'string' },
  ports: { type: 'string' },
  scanner: { type: 'string' },
  versions: { type: 'boolean', default: false },
  page: { type: 'boolean', default: true },
  port: { type: 'string' },
  transport: { type: 'string', default: 'auto' },
  follow: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  cancel: { type: 'boolean', default: false },
  report: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/**
 * @param args what stands behind the name of the program
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parse(args)
  const { directory, target, versions } = values
  if (directory === '') throw new UsageError('--directory needs the name of a directory.')
  return {
    mode: readMode(values),
    directory,
    target,
    versions,
    ports: readPorts(values.ports),
    scanner: readScanner(values.scanner),
    port: readPort(values.port),
    transport: readTransport(values.transport),
  }
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof options }>> {
  try {
    return parseArgs({ args: [...args], options, allowNegative: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${error.message.split('. ')[0]}. See --help.`)
  }
}

function readMode(values: { readonly [Name in Other | 'help' | 'page']: boolean }): Arguments['mode'] {
  if (values.help) return 'help'
  const [other, second] = others.filter((name) => values[name])
  if (other !== undefined && second !== undefined) throw new UsageError(`--${other} and --${second} are two things: use one of them.`)
  return other ?? (values.page ? 'serve' : 'scan')
}

function readPorts(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (text === 'usual') return usualPorts
  if (text === 'all') return allPorts
  parsePorts(text)
  return text
}

function readScanner(name: string | undefined): Arguments['scanner'] {
  if (name === undefined || name === 'nmap' || name === 'connect') return name
  throw new UsageError(`There is no scanner named ${quote(name)}: use nmap or connect.`)
}

function readTransport(name: string): PageTransport {
  const known = transports.find((one) => one === name)
  if (known !== undefined) return known
  throw new UsageError(`There is no transport named ${quote(name)}: use one of ${transports.join(', ')}.`)
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new UsageError(`--port needs a number from 1 to 65535, not ${quote(text)}.`)
}
