import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../../src/index.ts'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { benchState, type BenchStore } from '../workload/bench-state.ts'
import { createPut } from '../workload/hosts.ts'

export const loopDelayUnderLoad: Benchmark = {
  name: 'loop-delay-under-load',
  about: 'how late timers of 1 ms are while 1,000 writers commit under power in the same process',
  run: runLoaded,
}

async function runLoaded({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const store = await openStore(benchState, { directory: workspace.directory('loaded'), driver })
  const idle = await measureDelay(() => delay(sizes.loadedMs / 4))
  const loaded = await measureDelay(() => writeFor(store, sizes.writers, sizes.loadedMs))
  await store.close()
  const unit = 'ms'
  return [
    { name: 'loop-delay-under-load', unit, value: loaded.p99, reach: atMost(12, 'value'), note: 'p99' },
    { name: 'loop-delay-under-load/median', unit, value: loaded.median },
    { name: 'loop-delay-under-load/max', unit, value: loaded.max },
    { name: 'loop-delay-under-load/idle', unit, value: idle.p99, note: 'p99 without load: what the machine itself does' },
  ]
}

/** In ms; the 1 ms that the timer waits by itself is in them. */
async function measureDelay(work: () => Promise<void>): Promise<{ median: number; p99: number; max: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  await work()
  histogram.disable()
  return { median: histogram.percentile(50) / 1e6, p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 }
}

async function writeFor(store: BenchStore, writers: number, durationMs: number): Promise<void> {
  const endsAt = performance.now() + durationMs
  let number = 0
  const write = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const { host } = createPut(number)
      number += 1
      await store.commit((tx) => tx.hosts.put(host))
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
}
