import { openStore } from '../../src/index.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { Child } from '../harness/child.ts'
import { median } from '../harness/statistics.ts'
import { benchState } from '../workload/bench-state.ts'
import { recordsStore } from '../workload/build-stores.ts'
import { BareServer } from './bare-server.ts'
import { plainly } from './how-to-ask.ts'
import { serveBench } from './serve-bench.ts'
import type { SwarmReport } from './swarm.child.ts'
import { TakenSnapshots } from '../../test/support/taken-snapshots.ts'

export const hydrateStorm: Benchmark = {
  name: 'hydrate-storm-1000',
  about: '1,000 clients take a snapshot of 100,000 records at once, against a bare server that sends the same bytes',
  run: runStorm,
}

async function runStorm(context: Context): Promise<readonly Figure[]> {
  const { sizes, driver } = context
  const directory = await recordsStore(context, sizes.records)
  const store = await openStore(benchState, { directory, driver })
  const snapshot = await store.snapshot(['hosts', 'lines'])
  const pieces = Object.values(snapshot.kinds).flatMap(({ bytes }) => [...bytes])
  const rounds: { readonly holdfast: number; readonly bare: number; readonly taken: number }[] = []
  for (let round = 0; round < sizes.stormRounds; round += 1) {
    const served = await serveBench(store, sizes.stormClients)
    using snapshots = new TakenSnapshots()
    const holdfast = await timeUntilDone(() => served.storm())
    await served.close()
    const bareServer = await BareServer.sending(pieces)
    const clients = sizes.stormClients
    const task = { port: bareServer.port, clients, atOnce: clients, path: '/', headers: 'Connection: close', ...plainly, messages: 0 }
    const bare = await timeUntilDone(() => new Child(new URL('swarm.child.ts', import.meta.url), task))
    await bareServer.close()
    rounds.push({ holdfast, bare, taken: snapshots.count })
  }
  await store.close()
  const name = 'hydrate-storm-1000'
  return [
    {
      name,
      unit: 's',
      value: median(rounds.map(({ holdfast }) => holdfast)) / 1000,
      ratio: median(rounds.map(({ holdfast, bare }) => holdfast / bare)),
      reach: atMost(1.5),
      note: `${sizes.stormClients} clients, ${sizes.records} records`,
    },
    {
      name: `${name}/snapshots`,
      unit: 'snapshots',
      value: Math.max(...rounds.map(({ taken }) => taken)),
      reach: atMost(1, 'value'),
      note: 'assembled for one storm, at most',
    },
    { name: `${name}/bare`, unit: 's', value: median(rounds.map(({ bare }) => bare)) / 1000 },
  ]
}

async function timeUntilDone(start: () => Child): Promise<number> {
  const startedAt = performance.now()
  const child = start()
  await child.next<SwarmReport>()
  await child.next<SwarmReport>()
  const tookMs = performance.now() - startedAt
  await child.kill()
  return tookMs
}
