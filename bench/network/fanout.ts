import { atLeast, atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { median } from '../harness/statistics.ts'
import { createHost } from '../workload/hosts.ts'
import type { Carrier, ServerReady } from './server-task.ts'
import type { ServerLoad } from './server.child.ts'
import type { SwarmReport } from './swarm.child.ts'

export const fanouts: readonly Benchmark[] = [
  fanout('sse', 'server-sent events, against a bare node:http loop that writes each message by itself'),
  fanout('ws', 'WebSockets, against a bare loop of ws that sends each message by itself'),
  fanout('socketio', 'Socket.IO over WebSockets, against its own broadcast of each message'),
]

function fanout(via: Carrier, how: string): Benchmark {
  const about = `commits to 1,000 clients of another process by ${how}`
  return { name: `fanout-${via}-1000`, about, run: (context) => runFanout(context, via) }
}

type Kind = 'holdfast' | 'bare'

interface Lap {
  readonly perSecond: number
  readonly bytesPerMessage: number
  readonly cpuShare: number
}

async function runFanout(context: Context, via: Carrier): Promise<readonly Figure[]> {
  const { sizes } = context
  const rounds: { readonly [Name in Kind]: Lap }[] = []
  for (let round = 0; round < sizes.fanoutRounds; round += 1)
    rounds.push({ holdfast: await lap(context, { kind: 'holdfast', via }), bare: await lap(context, { kind: 'bare', via }) })
  const value = (kind: Kind, what: keyof Lap): number => median(rounds.map((round) => round[kind][what]))
  const ratio = (what: keyof Lap): number => median(rounds.map(({ holdfast, bare }) => holdfast[what] / bare[what]))
  const name = `fanout-${via}-1000`
  return [
    {
      name,
      unit: 'deliveries/s',
      value: value('holdfast', 'perSecond'),
      ratio: ratio('perSecond'),
      reach: atLeast(1.5),
      note: `burst of ${sizes.fanoutCommits} commits to ${sizes.clients} clients`,
    },
    { name: `${name}/bare`, unit: 'deliveries/s', value: value('bare', 'perSecond') },
    {
      name: `${name}/steady`,
      unit: '% of a core',
      value: value('holdfast', 'cpuShare') * 100,
      ratio: ratio('cpuShare'),
      ...(via === 'sse' && { reach: atMost(1) }),
      note: 'processor time of the server at 40 messages a second, commits included',
    },
    { name: `${name}/bytes`, unit: 'B', value: value('holdfast', 'bytesPerMessage'), ...rowReach(via), note: 'a changed row' },
  ]
}

/** Socket.IO puts the text into JSON once more, with a backslash before each quotation mark of it. */
function rowReach(via: Carrier): Pick<Figure, 'reach'> {
  return via === 'socketio' ? {} : { reach: atMost(JSON.stringify(createHost(1)).length + 80, 'value') }
}

async function lap({ sizes, workspace, driver }: Context, of: { readonly kind: Kind; readonly via: Carrier }): Promise<Lap> {
  const { clients, fanoutCommits, steadyMs } = sizes
  const server = new Child(new URL('server.child.ts', import.meta.url), {
    ...of,
    directory: workspace.directory('fanout'),
    driver,
    clients,
  })
  const { greetings, ...place } = await server.next<ServerReady>()
  const swarm = new Child(new URL('swarm.child.ts', import.meta.url), {
    ...place,
    clients,
    atOnce: 250,
    messages: greetings + fanoutCommits,
  })
  const connected = await swarm.next<SwarmReport>()
  const startedAt = performance.now()
  server.send({ do: 'burst', messages: fanoutCommits })
  const done = await swarm.next<SwarmReport>()
  const seconds = (performance.now() - startedAt) / 1000
  server.send({ do: 'steady', ms: steadyMs })
  const { cpuShare } = await server.next<ServerLoad>()
  await swarm.kill()
  await server.kill()
  const deliveries = fanoutCommits * clients
  return {
    perSecond: deliveries / seconds,
    bytesPerMessage: (done.bytes - connected.bytes) / deliveries,
    cpuShare,
  }
}
