import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { median, percentile } from '../harness/statistics.ts'
import { PacedServer } from './paced-server.ts'
import { openPaused } from './paused-client.ts'
import type { Carrier } from './server-task.ts'

export const besidesPaused: readonly Benchmark[] = [
  besidePaused('beside-paused-8', 'sse', 'server-sent events'),
  besidePaused('beside-paused-8-ws', 'ws', 'WebSocket'),
  besidePaused('beside-paused-8-socketio', 'socketio', 'Socket.IO over WebSockets'),
]

function besidePaused(name: string, via: Carrier, how: string): Benchmark {
  const about = `from the acknowledgement of a commit to its arrival at 8 replicas beside 8 clients that read nothing, all by ${how}, against without these`
  return { name, about, run: (context) => runBeside(context, { name, via }) }
}

const replicas = 8
const pausedClients = 8
const commit = { pauseMs: 20, bytes: 64 * 1024 }

/** In all more than the system keeps for a connection, and what the server does. */
const filling = { pauseMs: 0, bytes: 512 * 1024 }

interface Lap {
  readonly without: number
  readonly beside: number
}

async function runBeside(context: Context, { name, via }: { readonly name: string; readonly via: Carrier }): Promise<readonly Figure[]> {
  const { pausedRounds } = context.sizes
  const laps: Lap[] = []
  for (let round = 0; round < pausedRounds; round += 1) {
    const without = await measureP99(context, { via, paused: 0 })
    const beside = await measureP99(context, { via, paused: pausedClients })
    laps.push({ without, beside })
  }
  const unit = 'ms'
  return [
    {
      name,
      unit,
      value: median(laps.map(({ beside }) => beside)),
      ratio: median(laps.map(({ beside, without }) => beside / without)),
      reach: atMost(3),
      note: `p99 of ${context.sizes.pausedCommits} commits of 64 KiB`,
    },
    { name: `${name}/without`, unit, value: median(laps.map(({ without }) => without)) },
  ]
}

async function measureP99(context: Context, { via, paused }: { readonly via: Carrier; readonly paused: number }): Promise<number> {
  const server = await PacedServer.start(context, { replicas, via })
  const sockets = await Promise.all(Array.from({ length: paused }, () => openPaused(server.place)))
  await server.measure({ ...filling, commits: context.sizes.fillingCommits })
  const delays = await server.measure({ ...commit, commits: context.sizes.pausedCommits })
  for (const socket of sockets) socket.destroy()
  await server.close()
  return percentile(delays, 0.99)
}
