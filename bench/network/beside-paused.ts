import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { median, percentile } from '../harness/statistics.ts'
import { PacedServer } from './paced-server.ts'

export const besidePaused: Benchmark = {
  name: 'beside-paused-8',
  about: 'from the acknowledgement of a commit to its arrival at 8 replicas beside 8 clients that read nothing, against without these',
  run: runBeside,
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

async function runBeside(context: Context): Promise<readonly Figure[]> {
  const { pausedRounds } = context.sizes
  const laps: Lap[] = []
  for (let round = 0; round < pausedRounds; round += 1) {
    const without = await measureP99(context, 0)
    const beside = await measureP99(context, pausedClients)
    laps.push({ without, beside })
  }
  const name = 'beside-paused-8'
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

async function measureP99(context: Context, paused: number): Promise<number> {
  const server = await PacedServer.start(context, replicas)
  const sockets = await Promise.all(Array.from({ length: paused }, () => openPaused(server)))
  await server.measure({ ...filling, commits: context.sizes.fillingCommits })
  const delays = await server.measure({ ...commit, commits: context.sizes.pausedCommits })
  for (const socket of sockets) socket.destroy()
  await server.close()
  return percentile(delays, 0.99)
}

/** A client that asks for the feed and takes nothing of it. */
async function openPaused({ port, token, cursor }: PacedServer): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(`GET /state/feed?after=${cursor} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n\r\n`)
  // The head of the answer says that the stream is open.
  await once(socket, 'readable')
  return socket
}
