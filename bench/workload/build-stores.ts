/** Large stores, made once in a run by Holdfast itself. */
import { openStore } from '../../src/index.ts'
import type { Context } from '../harness/benchmark.ts'
import { benchState, type BenchStore } from './bench-state.ts'
import { createHost, createPut } from './hosts.ts'

/** Records put by one commit. */
const perCommit = 2000

/** The directory of a closed store with hosts 0 to `count` − 1. */
export function recordsStore({ driver, workspace }: Context, count: number): Promise<string> {
  return workspace.built(`records-${count}`, async (directory) => {
    const store = await openStore(benchState, { directory, driver, durability: 'process' })
    for (let from = 0; from < count; from += perCommit) {
      await store.commit((tx) => {
        for (let number = from; number < Math.min(count, from + perCommit); number += 1) tx.hosts.put(createHost(number))
      })
    }
    await store.close()
  })
}

/** The directory of a closed store whose history has `count` commits of one put each. */
export function commitsStore({ driver, workspace }: Context, count: number): Promise<string> {
  return workspace.built(`commits-${count}`, async (directory) => {
    const store = await openStore(benchState, { directory, driver, durability: 'process' })
    await commitPuts(store, 0, count)
    await store.close()
  })
}

/** Commits waiting at a time. */
const atOnce = 1000

/** Commits puts number `from` to `from + count` − 1, each by itself. */
export async function commitPuts(store: BenchStore, from: number, count: number): Promise<void> {
  for (let first = 0; first < count; first += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => from + first + at)
    await Promise.all(numbers.map((number) => store.commit((tx) => tx.hosts.put(createPut(number).host))))
  }
}
