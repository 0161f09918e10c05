/** A program with the sample open: another process on a store, for `Program`. */
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from './answer.ts'
import { type Host, sample } from './sample.ts'

let followed = 0
let store: Store<typeof sample> | undefined

function opened(): Store<typeof sample> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(sample, options)
  },
  async setTitle(title: string): Promise<{ revision: number; cursor: string }> {
    const { revision } = await opened().commit((tx) => tx.title.set(title))
    return { revision, cursor: opened().cursor }
  },
  async put(hosts: readonly Host[]): Promise<number> {
    const { revision } = await opened().commit((tx) => hosts.forEach((host) => tx.hosts.put(host)))
    return revision
  },
  async drop(address: string): Promise<number> {
    const { revision } = await opened().commit((tx) => tx.hosts.delete(address))
    return revision
  },
  async append(...lines: string[]): Promise<number> {
    const { revision } = await opened().commit((tx) => lines.forEach((line) => tx.lines.append(line)))
    return revision
  },
  /** So many commits, each awaited. */
  async count(times: number): Promise<number> {
    let last = 0
    for (let i = 0; i < times; i += 1) last = (await opened().commit((tx) => tx.counter.update((n) => (n ?? 0) + 1))).revision
    return last
  },
  /** Follows from now on, in the background. */
  follow(): void {
    void (async () => {
      for await (const { revision } of opened().follow()) followed = revision
    })()
  },
  /** The newest revision that the follower has seen. */
  followed: (): number => followed,
  /** Does nothing for a while, and tells what that cost. */
  async idle(forMs: number): Promise<{ cpuMs: number; elapsedMs: number }> {
    const [cpu, at] = [process.cpuUsage(), performance.now()]
    await new Promise((resolve) => setTimeout(resolve, forMs))
    const { user, system } = process.cpuUsage(cpu)
    return { cpuMs: (user + system) / 1000, elapsedMs: performance.now() - at }
  },
  title: (): string | undefined => opened().title.get(),
  close: (): Promise<void> => opened().close(),
}

export type SampleCalls = typeof calls

answer(calls)
