/** What the scanner keeps: this machine, the hosts and ports found so far, scans and reports with all that came of them, and a log. */
import { z } from 'zod'
import { fromVersion1 } from './from-version-1.ts'
import {
  type Artifact,
  type CommitOf,
  type Frozen,
  type Job,
  type Store,
  artifacts,
  collection,
  defineState,
  document,
  jobs,
  log,
} from './holdfast.ts'

const instant = z.int().nonnegative().describe('milliseconds since 1970')
const portNumber = z.int().min(1).max(65_535)

const Interface = z.strictObject({ name: z.string(), mac: z.string(), internal: z.boolean(), cidrs: z.array(z.string()) })

const Route = z.strictObject({
  destination: z.string().describe('CIDR; 0.0.0.0/0 and ::/0 are the default routes'),
  gateway: z.string().nullable().describe('null when the destination is on the link itself'),
  interface: z.string(),
  metric: z.int(),
})

const Topology = z.strictObject({
  hostname: z.string(),
  platform: z.string(),
  interfaces: z.array(Interface),
  routes: z.array(Route),
  routesUnavailable: z.string().exactOptional().describe('why there are no routes, where they could not be read'),
})

const Worker = z.strictObject({ hostname: z.string(), pid: z.int() }).describe('the process that carries a job out, or did')
const count = z.int().nonnegative()

const ScanInput = z.strictObject({
  target: z.string().describe('as the user named it'),
  ports: z.string().exactOptional().describe('in order, as in 22,80,8000-8100; chosen by the addresses when not given'),
  scanner: z.enum(['nmap', 'connect']).exactOptional().describe('nmap where it is installed when not given'),
  versions: z.boolean().describe('whether open ports are asked what they run'),
})

const ScanProgress = z.strictObject({
  phase: z.enum(['preparing', 'scanning']),
  message: z.string().describe('what it is doing, for people'),
  done: count.describe('ports that are settled, over all addresses'),
  total: z.int().positive(),
  up: count.describe('hosts that have answered'),
  open: count.describe('open ports found'),
  plan: z
    .strictObject({ scanner: z.enum(['nmap', 'connect']), ports: z.string(), addresses: count })
    .exactOptional()
    .describe('known once it is prepared'),
  worker: Worker.exactOptional(),
})

const ScanResult = z.strictObject({ up: count, down: count, open: count })

/** What one scan has found of one address, and how far it is there: where to go on after a crash. */
const Finding = z.strictObject({
  id: z.string().describe('as in <id of the scan>/127.0.0.1'),
  scanId: z.string(),
  address: z.string(),
  names: z.array(z.string()).describe('names it is known by without asking anyone'),
  status: z.enum(['waiting', 'up', 'down']),
  reason: z.string().describe('why it counts as up or down'),
  settled: count.describe('how many of the ports are settled, in their order'),
  open: z.array(z.strictObject({ port: portNumber, service: z.string(), product: z.string() })),
})

const ReportInput = z.strictObject({ scanId: z.string(), target: z.string() })

const ReportProgress = z.strictObject({
  phase: z.enum(['collecting', 'writing', 'keeping']),
  message: z.string(),
  done: count,
  total: z.int().positive(),
  worker: Worker.exactOptional(),
})

const ReportResult = z.strictObject({ files: count, bytes: count })

/** What is known of a file of a report, besides its name and its size. */
const ReportFile = z.strictObject({
  scanId: z.string(),
  target: z.string(),
  format: z.enum(['html', 'json']),
  up: count,
  open: count,
  missingSince: instant.exactOptional().describe('when its bytes were found to be gone'),
})

const Host = z.strictObject({
  address: z.string(),
  names: z.array(z.string()),
  status: z.enum(['up', 'down']),
  reason: z.string().describe('why it counts as up or down'),
  scanId: z.string().describe('the last scan that looked'),
  firstSeenAt: instant.exactOptional(),
  lastSeenAt: instant.exactOptional().describe('absent for a host that has never answered'),
})

const Port = z.strictObject({
  id: z.string().describe('as in 127.0.0.1/tcp/80'),
  address: z.string(),
  port: portNumber,
  state: z.enum(['open', 'closed']).describe('closed: was open in an earlier scan'),
  service: z.string(),
  product: z.string().describe('what the service says it is; empty when it was not asked'),
  scanId: z.string().describe('the last scan that found it open'),
  firstSeenAt: instant,
  lastSeenAt: instant,
})

const LogLine = z.strictObject({ level: z.enum(['info', 'found', 'lost', 'warning']), text: z.string() })

const consoleLog = log(LogLine, { retention: { entries: 10_000, entriesPerStream: 200 } })

export type Topology = Frozen<z.infer<typeof Topology>>
export type Worker = Frozen<z.infer<typeof Worker>>
export type ScanInput = Frozen<z.infer<typeof ScanInput>>
export type ScanProgress = Frozen<z.infer<typeof ScanProgress>>
export type Scan = Frozen<Job<z.infer<typeof ScanInput>, z.infer<typeof ScanProgress>, z.infer<typeof ScanResult>>>
export type Finding = Frozen<z.infer<typeof Finding>>
export type Report = Frozen<Job<z.infer<typeof ReportInput>, z.infer<typeof ReportProgress>, z.infer<typeof ReportResult>>>
export type ReportFile = Frozen<Artifact<z.infer<typeof ReportFile>>>
export type Host = Frozen<z.infer<typeof Host>>
export type Port = Frozen<z.infer<typeof Port>>
export type LogLine = Frozen<z.infer<typeof LogLine>>
export type NetscanStore = Store<typeof netscan>
export type NetscanTx = Parameters<Parameters<NetscanStore['commit']>[0]>[0]
export type NetscanCommit = CommitOf<typeof netscan>

/** Waits between attempts: a second try soon, and none that keeps a user waiting for long. */
const backoff = { minMs: 500, maxMs: 10_000 }

/** By number alone: the last ones stay, however long ago they were. */
const retention = { count: 200, ageMs: 100 * 365 * 24 * 3_600_000 }

export const netscan = defineState({
  name: 'netscan',
  version: 2,
  kinds: {
    topology: document(Topology),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'lastSeenAt'], byScan: ['scanId', 'status'] } }),
    ports: collection(Port, { key: 'id', indexes: { byAddress: ['address', 'port'] } }),
    /** Each job writes into the stream that is named like it. */
    console: consoleLog,
    /** One scan of a target at a time: the target is the key. */
    scans: jobs({
      input: ScanInput,
      progress: ScanProgress,
      result: ScanResult,
      log: consoleLog,
      attempts: 4,
      backoff,
      timeoutMs: 24 * 3_600_000,
      retention,
    }),
    /** Only for whoever scans or reports: followers need none of it. */
    findings: collection(Finding, { key: 'id', indexes: { byScan: ['scanId', 'address'] }, feed: 'none' }),
    /** Reports in the making. The id of the scan is the key. */
    reports: jobs({
      input: ReportInput,
      progress: ReportProgress,
      result: ReportResult,
      log: consoleLog,
      backoff,
      timeoutMs: 60_000,
      retention,
    }),
    /** What reports have become: files, linked to the job that made them and to the scan they are about. */
    reportFiles: artifacts(ReportFile),
  },
  migrations: [fromVersion1],
})
