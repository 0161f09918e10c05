import { expect, test } from 'vitest'
import type { Host, Port, Report, ReportFile, Scan, Topology } from '../state.ts'
import { drawFrame } from './frame.ts'
import type { View } from './view.ts'

const noon = new Date(2026, 10, 21, 12, 0, 0).getTime()
const options = {
  width: 100,
  height: 40,
  now: noon,
  directory: '.netscan',
  paint: (_: unknown, text: string) => text,
  isAtWork: () => true,
}

const none = { scans: new Map(), reports: new Map(), files: new Map(), hosts: new Map(), ports: new Map() }
const empty: View = { ...none, revision: 0, at: 0, topology: undefined, lines: [] }

const topology: Topology = {
  hostname: 'reef',
  platform: 'linux',
  interfaces: [{ name: 'eth0', mac: '02:00:00:00:00:01', internal: false, cidrs: ['192.0.2.2/24'] }],
  routes: [{ destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 0 }],
}

const job = {
  state: 'running',
  priority: 0,
  attempt: 1,
  attempts: 4,
  runAt: noon - 4_000,
  createdAt: noon - 5_000,
  startedAt: noon - 4_000,
} as const

const scan: Scan = {
  ...job,
  id: 'a',
  input: { target: 'loopback', versions: false },
  progress: {
    phase: 'scanning',
    message: '',
    done: 62,
    total: 100,
    up: 1,
    open: 2,
    plan: { scanner: 'connect', ports: '1-100', addresses: 2 },
  },
}

const ended: Scan = { ...scan, state: 'completed', endedAt: noon, result: { up: 1, down: 1, open: 2 } }

function withScans(...scans: Scan[]): View {
  return { ...view([], []), scans: new Map(scans.map((one) => [one.id, one])) }
}

function host(address: string, status: Host['status']): Host {
  return { address, names: [], status, reason: 'answered', scanId: 'a', ...(status === 'up' ? { lastSeenAt: noon } : {}) }
}

function port(number: number, fields: Partial<Port> = {}): Port {
  const id = `127.0.0.1/tcp/${number}`
  return {
    id,
    address: '127.0.0.1',
    port: number,
    state: 'open',
    service: 'http',
    product: '',
    scanId: 'a',
    firstSeenAt: noon,
    lastSeenAt: noon,
    ...fields,
  }
}

function view(hosts: readonly Host[], ports: readonly Port[]): View {
  return {
    ...empty,
    revision: 1_284,
    at: noon - 1_000,
    topology,
    scans: new Map([['a', scan]]),
    hosts: new Map(hosts.map((one) => [one.address, one])),
    ports: new Map(ports.map((one) => [one.id, one])),
    lines: [{ level: 'found', text: '127.0.0.1 port 80 is open', at: noon, seq: 1, stream: 'a' }],
  }
}

test('a scan under way', () => {
  const lines = drawFrame(
    view([host('127.0.0.1', 'up'), host('::1', 'down')], [port(8080, { service: '' }), port(80), port(81, { state: 'closed' })]),
    options,
  )
  expect(lines.map((line) => line.trimEnd())).toEqual([
    'netscan  .netscan · revision 1,284',
    '',
    'reef  linux · gateway 192.0.2.1 on eth0 · 1 route · eth0 192.0.2.2/24',
    'scan of loopback with TCP connections since 11:59:56',
    `${'━'.repeat(24)}${'╌'.repeat(16)}  62 %  62 of 100 ports · 1 host up, 2 open ports`,
    '',
    'HOST                      STATUS  OPEN  LAST SEEN  NAME',
    '127.0.0.1                 up         2  12:00:00',
    '::1                       down       0  never',
    '',
    'PORT   HOST                      SERVICE',
    '80     127.0.0.1                 http',
    '8080   127.0.0.1                 –',
    '',
    '12:00:00  127.0.0.1 port 80 is open',
  ])
})

test('both tables have addresses in the order of their numbers', () => {
  const addresses = ['9.0.0.1', '10.0.0.2', '10.0.0.10', 'fe80::a', 'fe80::10']
  const hosts = addresses.toReversed().map((address) => host(address, 'up'))
  const ports = hosts.map(({ address }) => port(80, { id: `${address}/tcp/80`, address }))
  const lines = drawFrame(view(hosts, ports), options)
  expect(lines.flatMap((line) => /^([\w.:]+) +up /.exec(line)?.[1] ?? [])).toEqual(addresses)
  expect(lines.flatMap((line) => /^80 +([\w.:]+) /.exec(line)?.[1] ?? [])).toEqual(addresses)
})

test('a store with nothing in it says so', () => {
  const text = drawFrame(empty, options).join('\n')
  for (const sentence of ['this machine is not recorded yet', 'no scan yet', 'none yet']) expect(text).toContain(sentence)
})

test('long lists keep to the height and say how much more there is', () => {
  const hosts = Array.from({ length: 254 }, (_, index) => host(`10.0.0.${index + 1}`, index < 3 ? 'up' : 'down'))
  const ports = Array.from({ length: 500 }, (_, index) => port(index + 1))
  const full = view([...hosts, host('127.0.0.1', 'up')], ports)
  const lines = drawFrame({ ...full, lines: Array.from({ length: 200 }, () => full.lines[0]!) }, { ...options, height: 24 })
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(lines.join('\n')).toMatch(/and 252 more[^]*and 49\d more/)
  expect(lines.findIndex((line) => line.startsWith('10.0.0.3 '))).toBeGreaterThan(0)
  expect(lines.some((line) => line.includes(' down '))).toBe(false)
})

test('a running scan that no process carries on is said to be silent', () => {
  const later = { ...options, now: noon + 60_000 }
  expect(drawFrame(view([], []), later).join('\n')).toContain('no news for 61 s')
  expect(drawFrame(withScans(ended), later).join('\n')).not.toContain('no news')
})

test('[X29] a running scan whose process is gone is shown as interrupted; others are not asked about', () => {
  const gone = { ...options, isAtWork: () => false }
  const busy: Scan = { ...scan, progress: { ...scan.progress!, message: 'probing' } }
  const text = drawFrame(withScans(busy), gone).join('\n')
  expect(text).toContain(' · interrupted\n')
  expect(text).not.toContain('probing')
  expect(drawFrame(withScans(ended), gone).join('\n')).toContain(' · completed\n')
  const { startedAt: _, ...waiting } = scan
  expect(drawFrame(withScans({ ...waiting, state: 'queued', reason: 'interrupted' }), options).join('\n')).toContain(' · interrupted\n')
})

test('a scan that failed says why, in lines of its own, and how often it was tried', () => {
  const failed: Scan = { ...ended, state: 'failed', attempt: 4, error: { name: 'Error', message: 'The name "nas" was not found.' } }
  const lines = drawFrame(withScans(failed), options)
  expect(lines[3]).toMatch(/ · failed · attempt 4 of 4$/)
  expect(lines.slice(5, 7)).toEqual(['The name "nas" was not found.', ''])
  const long = drawFrame(withScans({ ...failed, error: { name: 'Error', message: 'no '.repeat(200) } }), options)
  expect(long.slice(5, 9).map((line) => line.length)).toEqual([100, 100, 100, 0])
  expect(long[7]).toMatch(/…$/)
})

test('[X27] scans under way have a bar each, those that were a line', () => {
  const at = (id: string, agoMs: number, fields: Partial<Scan>): Scan => ({ ...scan, id, createdAt: noon - agoMs, ...fields })
  const running = ['b', 'c', 'd', 'e', 'f'].map((id, index) => at(id, index, { input: { target: `10.0.0.${id}`, versions: false } }))
  const past = ['g', 'h', 'i', 'j'].map((id, index) => at(id, 100 + index, { state: 'completed', endedAt: noon, result: ended.result! }))
  const lines = drawFrame(withScans(...past, ...running), options)
  expect(lines.filter((line) => line.includes('━'))).toHaveLength(4)
  expect(lines.filter((line) => line.startsWith('scan of ')).map((line) => line.split(' ')[2])).toEqual([
    '10.0.0.b',
    '10.0.0.c',
    '10.0.0.d',
    '10.0.0.e',
  ])
  expect(lines).toContain('and 1 scan more under way')
  expect(lines.filter((line) => line === '12:00:00  completed  scan of loopback  1 host up, 2 open ports')).toHaveLength(3)
})

test('[X55] reports are shown while they are made, and their files with whether they are there', () => {
  const report: Report = {
    ...job,
    id: 'r',
    input: { scanId: 'a', target: 'loopback' },
    progress: { phase: 'writing', message: 'writing report.html', done: 1, total: 4 },
  }
  const file = (id: string, fields: Partial<ReportFile['meta']>): ReportFile => ({
    id,
    hash: '',
    bytes: 1_234,
    name: `report-${id}.html`,
    type: 'text/html',
    version: 1,
    createdAt: noon,
    meta: { scanId: 'a', target: 'loopback', format: 'html', up: 1, open: 2, ...fields },
  })
  const files = new Map([file('x', {}), file('y', { missingSince: noon })].map((one) => [one.id, one]))
  const lines = drawFrame({ ...view([], []), reports: new Map([['r', report]]), files }, options)
  expect(lines.slice(5, 8)).toEqual([
    '11:59:55  running    report of the scan of loopback  25 %  writing report.html',
    '12:00:00  report     report-x.html  1,234 bytes',
    '12:00:00  missing    report-y.html  1,234 bytes',
  ])
})

test('no text from outside steers the terminal', () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\r\u009b'
  const evilHost = { ...host(`127.0.0.1${evil}`, 'up'), names: [evil] }
  const evilPort = port(80, { service: evil, product: evil, address: `127.0.0.1${evil}` })
  const full = view([evilHost], [evilPort])
  const evilError = { name: evil, message: evil }
  const evilScan: Scan = { ...scan, input: { target: evil, versions: false }, progress: { ...scan.progress!, message: evil } }
  const evilScans = [evilScan, { ...evilScan, id: 'b', state: 'failed' as const, error: evilError, endedAt: 1 }]
  const lines = drawFrame(
    {
      ...full,
      topology: { ...topology, hostname: evil, platform: evil },
      scans: new Map(evilScans.map((one) => [one.id, one])),
      reports: new Map([['r', { ...job, id: 'r', state: 'failed', input: { scanId: '', target: evil }, error: evilError }]]),
      lines: [{ level: 'info', text: evil, at: noon, seq: 1, stream: 'a' }],
    },
    { ...options, directory: evil },
  )
  expect(lines.join('')).not.toMatch(/\p{Cc}/u)
})
