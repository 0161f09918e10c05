import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { median } from '../harness/statistics.ts'
import type { Carrier, ServerReady } from './server-task.ts'
import type { ServerMemory } from './server.child.ts'
import type { SwarmReport } from './swarm.child.ts'

export const memoriesPerConnection: readonly Benchmark[] = [
  {
    name: 'memory-per-connection',
    about: 'memory of a stream that idles, against a bare node:http server that holds the same connections',
    run: (context) => runMemory(context, { name: 'memory-per-connection', via: 'sse' }),
  },
  {
    name: 'memory-per-websocket',
    about: 'memory of a WebSocket that idles, against a bare server of ws that holds the same connections',
    run: (context) => runMemory(context, { name: 'memory-per-websocket', via: 'ws' }),
  },
  {
    name: 'memory-per-socketio',
    about: 'memory of a Socket.IO connection that follows and idles, against a bare server of socket.io whose connections idle',
    run: (context) => runMemory(context, { name: 'memory-per-socketio', via: 'socketio' }),
  },
]

type Kind = 'holdfast' | 'bare'

/**
 * V8 lets its space for young objects grow up to 48 MiB with what a process allocates, and keeps it: that is reserve for garbage, there once
 * however many connections there are, and would be divided by them. So it is held small, in both servers.
 */
const settled = ['--expose-gc', '--max-semi-space-size=1']
const unsettled = ['--expose-gc']

/** Bytes for each connection. */
interface Lap {
  /** Resident: a wave of connections beside an equal one. */
  readonly resident: number
  /** In V8's heap and on its account. */
  readonly heap: number
  /** Resident: a wave, over the process before its first connection. */
  readonly sinceStart: number
}

async function runMemory(context: Context, { name, via }: { readonly name: string; readonly via: Carrier }): Promise<readonly Figure[]> {
  const { connections, memoryRounds } = context.sizes
  const rounds: { readonly [Name in Kind]: Lap }[] = []
  for (let round = 0; round < memoryRounds; round += 1) rounds.push(await runRound(context, via, round % 2 === 0))
  const figure = (what: keyof Lap): Pick<Figure, 'value' | 'ratio' | 'unit'> => ({
    unit: 'KiB',
    value: median(rounds.map(({ holdfast }) => holdfast[what])) / 1024,
    ratio: median(rounds.map(({ holdfast, bare }) => holdfast[what] / bare[what])),
  })
  const bare = (what: keyof Lap): Pick<Figure, 'value' | 'unit'> => ({
    unit: 'KiB',
    value: median(rounds.map((round) => round.bare[what])) / 1024,
  })
  return [
    { name, ...figure('resident'), reach: atMost(1.3), note: `resident: ${connections} connections beside as many` },
    { name: `${name}/heap`, ...figure('heap'), reach: atMost(1.3), note: 'in the heap and on its account' },
    {
      name: `${name}/since-start`,
      ...figure('sinceStart'),
      ...sinceStartReach(via),
      note: 'resident, over the process before its first connection, with V8 as it comes: its reserve for garbage counts in',
    },
    { name: `${name}/bare`, ...bare('resident') },
    { name: `${name}/bare-heap`, ...bare('heap') },
    { name: `${name}/bare-since-start`, ...bare('sinceStart') },
  ]
}

/** Over the others it is told and not held to anything: V8's reserve for the garbage of handshakes counts in, several times what a connection keeps. */
function sinceStartReach(via: Carrier): Pick<Figure, 'reach'> {
  return via === 'sse' ? { reach: atMost(1.3) } : {}
}

async function runRound(context: Context, via: Carrier, isBareFirst: boolean): Promise<{ readonly [Name in Kind]: Lap }> {
  if (!isBareFirst) return { holdfast: await lap(context, { kind: 'holdfast', via }), bare: await lap(context, { kind: 'bare', via }) }
  const bare = await lap(context, { kind: 'bare', via })
  return { bare, holdfast: await lap(context, { kind: 'holdfast', via }) }
}

async function lap(context: Context, of: { readonly kind: Kind; readonly via: Carrier }): Promise<Lap> {
  const { connections, isColdApart } = context.sizes
  const calm = await measure(context, { ...of, flags: settled })
  const { warm, one, two } = calm
  const { cold, one: first } = isColdApart ? await measure(context, { ...of, flags: unsettled }) : calm
  return {
    resident: (two.rssBytes - one.rssBytes) / connections,
    heap: (one.heapBytes - warm.heapBytes) / connections,
    sinceStart: (first.rssBytes - cold.rssBytes) / connections,
  }
}

/** Before the first connection, after a wave that has gone, with one wave, and with two. */
interface Memories {
  readonly cold: ServerMemory
  readonly warm: ServerMemory
  readonly one: ServerMemory
  readonly two: ServerMemory
}

interface MeasureOptions {
  readonly kind: Kind
  readonly via: Carrier
  readonly flags: readonly string[]
}

async function measure({ sizes, workspace, driver }: Context, { flags, ...of }: MeasureOptions): Promise<Memories> {
  const clients = sizes.connections
  const task = { ...of, directory: workspace.directory('memory'), driver, clients: 2 * clients }
  const server = new Child(new URL('server.child.ts', import.meta.url), task, { flags })
  const { greetings: _greetings, ...place } = await server.next<ServerReady>()
  const memory = async (streams: number): Promise<ServerMemory> => {
    server.send({ do: 'memory', streams })
    return await server.next<ServerMemory>()
  }
  const connect = async (): Promise<Child> => {
    const swarm = new Child(new URL('swarm.child.ts', import.meta.url), { ...place, clients, atOnce: 250, messages: 0 })
    await swarm.next<SwarmReport>()
    return swarm
  }
  const cold = await memory(0)
  const gone = await connect()
  await memory(clients)
  await gone.kill()
  const warm = await memory(0)
  const swarms = [await connect()]
  const one = await memory(clients)
  swarms.push(await connect())
  const two = await memory(2 * clients)
  for (const swarm of swarms) await swarm.kill()
  await server.kill()
  return { cold, warm, one, two }
}
