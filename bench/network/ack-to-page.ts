import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { median, percentile } from '../harness/statistics.ts'
import { PacedServer } from './paced-server.ts'

export const ackToPage: Benchmark = {
  name: 'ack-to-page',
  about: 'from the acknowledgement of a commit in the server to its subscribers in a replica of another process, by server-sent events',
  run: runAcks,
}

/** Between commits, ms: each one finds the feed at rest, as what a person does would. */
const pauseMs = 20

async function runAcks(context: Context): Promise<readonly Figure[]> {
  const { acks } = context.sizes
  const server = await PacedServer.start(context, { replicas: 1, via: 'sse' })
  const delays = await server.measure({ commits: acks, pauseMs, bytes: 10 })
  const crowded = await server.measure({ commits: acks, pauseMs: 0, bytes: 10 })
  await server.close()
  const name = 'ack-to-page'
  const unit = 'ms'
  return [
    { name, unit, value: median(delays), reach: atMost(5, 'value'), note: `median of ${acks} commits, ${pauseMs} ms between them` },
    { name: `${name}/p99`, unit, value: percentile(delays, 0.99) },
    { name: `${name}/without-pause`, unit, value: median(crowded), note: 'one commit after the other, joined to a message every 8 ms' },
    { name: `${name}/without-pause-p99`, unit, value: percentile(crowded, 0.99) },
  ]
}
