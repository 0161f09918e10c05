import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/index.ts'
import { host, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Everything that is listed for the whole process: the two registries under symbols of this package. */
function registrySizes(): number[] {
  return Object.getOwnPropertySymbols(globalThis)
    .filter((symbol) => symbol.description?.startsWith('holdfast') === true)
    .map((symbol) => (globalThis as unknown as Record<symbol, Map<string, unknown>>)[symbol]?.size ?? 0)
}

/** Threads of this process, where the platform lists them. */
function threads(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

async function useOnce(options: { readonly directory: string } | { readonly memory: true }): Promise<void> {
  const store = await openStore(sample, options)
  const stops = [store.hosts.watch(() => undefined), store.title.watch(() => undefined)]
  const abort = new AbortController()
  const followed = (async () => {
    for await (const _ of store.follow({ signal: abort.signal })) break
  })()
  const follower = store.follow({ signal: abort.signal })
  const next = follower.next()
  await store.commit((tx) => tx.hosts.put(host('a')))
  await followed
  await next
  await store.snapshot(['hosts'], { shared: true })
  for (const stop of [...stops, ...stops]) stop()
  await follower.return()
  await store.close()
}

test(
  '[X3] hundreds of rounds of open, watch, follow and close leave nothing behind and warn of nothing',
  { timeout: 120_000 },
  async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => {
      // Node 22 says once that its SQLite is experimental.
      if (warning.name !== 'ExperimentalWarning') warnings.push(warning)
    }
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    const directories = Array.from({ length: 25 }, () => temporaryDirectory())
    for (const directory of directories.slice(0, 3)) await useOnce({ directory })
    for (let round = 0; round < 50; round += 1) await useOnce({ memory: true })
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    const threadsBefore = threads()
    const resources = process.getActiveResourcesInfo().toSorted((a, b) => (a < b ? -1 : 1))

    for (const directory of directories) await useOnce({ directory })
    for (let round = 0; round < 375; round += 1) await useOnce({ memory: true })

    collectGarbage()
    expect(warnings).toEqual([])
    expect(registrySizes()).toEqual([0, 0])
    expect(threads()).toBeLessThanOrEqual(threadsBefore)
    expect(process.getActiveResourcesInfo().toSorted((a, b) => (a < b ? -1 : 1))).toEqual(resources)
    expect(process.listenerCount('exit') + process.listenerCount('beforeExit')).toBeLessThan(20)
    // A store that stayed would hold its caches; hundreds of them far more than this.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024)
  },
)

test('[X3] a thousand followers and watchers of one store warn of nothing and are gone when they leave', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): number => warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const store = await openStore(sample, { memory: true })
  const abort = new AbortController()
  const followers = Array.from({ length: 1000 }, () => store.follow({ signal: abort.signal }))
  const next = followers.map((follower) => follower.next())
  let calls = 0
  const stops = followers.map(() =>
    store.title.watch(() => {
      calls += 1
    }),
  )
  await store.commit((tx) => tx.title.set('t'))
  expect((await Promise.all(next)).every(({ value }) => value?.revision === 1)).toBe(true)
  expect(store.health()).toMatchObject({ watchers: 1000 })
  while (calls < 1000) await new Promise((resolve) => setImmediate(resolve))
  for (const stop of stops) stop()
  const ended = followers.map((follower) => follower.next())
  abort.abort()
  expect((await Promise.all(ended)).every(({ done }) => done === true)).toBe(true)
  while (store.health().followers > 0) await new Promise((resolve) => setImmediate(resolve))
  expect(store.health()).toMatchObject({ watchers: 0, followers: 0 })
  expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  expect(warnings).toEqual([])
  await store.close()
})
