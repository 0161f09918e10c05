/** What the scanner keeps: this machine, the current scan, the hosts and ports found so far, and a log. */
import { z } from 'zod'
import { type CommitOf, type Frozen, type Store, collection, defineState, document, log } from './holdfast.ts'

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

const Scan = z.strictObject({
  id: z.string(),
  target: z.string().describe('as the user named it'),
  hostNames: z.array(z.string()).describe('names the target is known by without asking anyone'),
  scanner: z.enum(['nmap', 'connect']),
  state: z.enum(['running', 'finished', 'interrupted', 'failed']),
  failure: z.string().exactOptional().describe('why it failed, as a sentence'),
  /** Raised whenever the scan starts or goes on. A process whose number is older has been replaced and must stop. */
  run: z.int().min(1),
  worker: z.strictObject({ hostname: z.string(), pid: z.int() }).exactOptional().describe('the process that carries it out, or did'),
  startedAt: instant,
  finishedAt: instant.exactOptional(),
  ports: z.string().describe('which ports, in order, as in 22,80,8000-8100'),
  versions: z.boolean().describe('whether open ports are asked what they run'),
  /** Addresses not finished yet, each with the number of ports that are settled: where to go on after a crash. */
  pending: z.array(z.strictObject({ address: z.string(), settled: z.int().nonnegative() })),
  probes: z.strictObject({ done: z.int().nonnegative(), total: z.int().positive() }),
  activity: z.string().exactOptional().describe('what the scanner says it is doing'),
})

const Request = z.strictObject({
  id: z.string().describe('becomes the id of the scan'),
  target: z.string(),
  ports: z.string().exactOptional(),
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

export type Topology = Frozen<z.infer<typeof Topology>>
export type Scan = Frozen<z.infer<typeof Scan>>
export type Request = Frozen<z.infer<typeof Request>>
export type Host = Frozen<z.infer<typeof Host>>
export type Port = Frozen<z.infer<typeof Port>>
export type LogLine = Frozen<z.infer<typeof LogLine>>
export type NetscanStore = Store<typeof netscan>
export type NetscanCommit = CommitOf<typeof netscan>

export const netscan = defineState({
  name: 'netscan',
  version: 1,
  kinds: {
    topology: document(Topology),
    scan: document(Scan),
    /** A scan that was asked for and has not begun. */
    request: document(Request),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'lastSeenAt'], byScan: ['scanId', 'status'] } }),
    ports: collection(Port, { key: 'id', indexes: { byAddress: ['address', 'port'] } }),
    console: log(LogLine, { retention: { entries: 10_000, entriesPerStream: 200 } }),
  },
})
