/** Writes as fast as it can until it is told to stop, or killed. */
import { once } from 'node:events'
import { type DriverName, openStore } from '../../src/index.ts'
import { readTask, tell } from '../harness/child.ts'
import { benchState } from '../workload/bench-state.ts'
import { createHost } from '../workload/hosts.ts'

/** Records that are written over and over. */
const records = 50_000

const { directory, driver, writers } = readTask<{ directory: string; driver: DriverName; writers: number }>()
const store = await openStore(benchState, { directory, driver, durability: 'process' })
let number = Math.floor(Math.random() * records)
let isStopped = false
const writing = Promise.all(Array.from({ length: writers }, () => write()))
tell('writing')
await once(process, 'disconnect')
isStopped = true
await writing
await store.close()

async function write(): Promise<void> {
  while (!isStopped) {
    number += 1
    const host = createHost(number % records, Math.floor(number / records))
    await store.commit((tx) => tx.hosts.put(host))
  }
}
