/** A program that commits as fast as it can. */
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { sample } from '../support/sample.ts'

let store: Store<typeof sample> | undefined

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(sample, options)
  },
  /** Keeps so many commits under way for so long; answers with how many were made, and the longest one took. */
  async saturate(durationMs: number, inFlight: number): Promise<{ commits: number; longestMs: number }> {
    const endsAt = performance.now() + durationMs
    let commits = 0
    let longestMs = 0
    const loop = async (): Promise<void> => {
      while (performance.now() < endsAt) {
        const startedAt = performance.now()
        await store?.commit((tx) => tx.counter.update((count) => (count ?? 0) + 1), { durability: 'process' })
        longestMs = Math.max(longestMs, performance.now() - startedAt)
        commits += 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, loop))
    return { commits, longestMs }
  },
  close: (): Promise<void> | undefined => store?.close(),
}

export type WriterCalls = typeof calls

answer(calls)
