/** Takes one snapshot, or joins the same text, and tells how much memory that took at its peak. */
import { join } from 'node:path'
import { type DriverName, openStore } from '../../src/index.ts'
import { openBare } from '../bare/bare-connection.ts'
import { readTask, tell } from '../harness/child.ts'
import { readPeak, resetPeak } from '../harness/memory.ts'
import { benchState } from '../workload/bench-state.ts'
import { joinHosts } from './join-hosts.ts'

export interface SnapshotMemory {
  readonly peakBytes: number
  readonly textBytes: number
}

const { directory, driver, how } = readTask<{ directory: string; driver: DriverName; how: 'holdfast' | 'bare' }>()

if (how === 'holdfast') {
  const store = await openStore(benchState, { directory, driver })
  const before = begin()
  const { kinds } = await store.snapshot(['hosts'])
  const textBytes = kinds.hosts.bytes.reduce((sum, { length }) => sum + length, 0)
  end(before, textBytes)
  await store.close()
} else {
  const bare = openBare({ driver, file: join(directory, 'store.db') })
  const select = bare.query(joinHosts)
  const before = begin()
  const text = select.get()?.[0] as Uint8Array
  end(before, text.length)
  bare.close()
}

function begin(): number {
  resetPeak()
  return process.memoryUsage.rss()
}

function end(before: number, textBytes: number): void {
  tell({ peakBytes: readPeak() - before, textBytes } satisfies SnapshotMemory)
}
