import { expect, onTestFinished, test } from 'vitest'
import { openStoreWith } from '../../src/store/open-store.ts'
import { eachDriver } from '../support/drivers.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failureOf, outcomeOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { openSample, sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { LockCalls } from './lock-holder.ts'
import type { WriterCalls } from './saturated-writer.ts'

const lockHolder = new URL('./lock-holder.ts', import.meta.url)
const saturatedWriter = new URL('./saturated-writer.ts', import.meta.url)

/** Watches the event loop until the returned function is called, which answers with the longest it stood still, ms. */
function watchLoop(): () => number {
  let longestMs = 0
  let last = performance.now()
  const look = (): void => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }
  const timer = setInterval(look, 1)
  return () => {
    clearInterval(timer)
    look()
    return longestMs
  }
}

eachDriver((driver) => {
  test('[C11] waits for another process’s lock without blocking the loop, then STORE_BUSY with nothing applied', async () => {
    const directory = temporaryDirectory()
    const store = await openSample({ driver, directory, commitDeadlineMs: 400 })
    await store.commit((tx) => tx.title.set('before'))
    const other = new Program<LockCalls>(lockHolder)
    await other.call('lock', directory)
    const longestPause = watchLoop()
    const startedAt = performance.now()
    let ran = 0
    const commits = Array.from({ length: 3 }, () =>
      failureOf(
        store.commit((tx) => {
          ran += 1
          tx.title.set('never')
        }),
      ),
    )
    expect(store.title.get()).toBe('before')
    const errors = await Promise.all(commits)
    const tookMs = performance.now() - startedAt
    expect(longestPause()).toBeLessThan(200)
    for (const error of errors) expect(error).toMatchObject({ code: 'STORE_BUSY', details: { waitedMs: expect.closeTo(tookMs, -3) } })
    expect(tookMs).toBeGreaterThanOrEqual(400)
    expect(tookMs).toBeLessThan(2000)
    expect([ran, store.title.get(), store.health().revision, store.health().queued]).toEqual([0, 'before', 1, 0])
    await other.call('release')
    expect(await outcomeOf(store.commit((tx) => tx.title.set('after')))).toMatchObject({ revision: 2 })
  })

  test('[C11] waits for 5 s unless the options say otherwise', async () => {
    const clock = new FakeClock()
    const store = await openStoreWith(clock.seams, sample, { driver, directory: temporaryDirectory() })
    onTestFinished(() => store.close())
    const other = new Program<LockCalls>(lockHolder)
    await other.call('lock', store.directory)
    const commit = outcomeOf(store.commit((tx) => tx.title.set('never')))
    clock.advance(4999)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(store.health().queued).toBe(1)
    clock.advance(1)
    expect(await commit).toBe('STORE_BUSY')
    await other.call('release')
  })

  test('[C11] a commit that waits is made when the lock is free', async () => {
    const directory = temporaryDirectory()
    const store = await openSample({ driver, directory })
    const other = new Program<LockCalls>(lockHolder)
    await other.call('lock', directory)
    const commit = outcomeOf(store.commit((tx) => tx.title.set('t')))
    expect(await Promise.race([commit, other.call('ping')])).toBe('pong')
    expect([store.title.get(), store.health().queued]).toEqual([undefined, 1])
    await other.call('release')
    expect(await commit).toMatchObject({ revision: 1 })
  })

  test('[C11] [X6] opening a store that another process has locked waits as well, then STORE_BUSY', async () => {
    const directory = temporaryDirectory()
    await (await openSample({ driver, directory })).close()
    const other = new Program<LockCalls>(lockHolder)
    await other.call('lock', directory)
    const longestPause = watchLoop()
    const startedAt = performance.now()
    expect(await outcomeOf(openSample({ driver, directory, commitDeadlineMs: 1500 }))).toBe('STORE_BUSY')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1500)
    expect(longestPause()).toBeLessThan(200)
    await other.call('release')
    const store = await openSample({ driver, directory })
    expect(await outcomeOf(store.commit((tx) => tx.counter.set(1)))).toMatchObject({ revision: 1 })
  })
})

test('[C11] of four saturated writers in four processes, each gets its share, and no commit is lost', async () => {
  const directory = temporaryDirectory()
  const store = await openSample({ directory })
  const writers = Array.from({ length: 4 }, () => new Program<WriterCalls>(saturatedWriter))
  await Promise.all(writers.map((writer) => writer.call('open', { directory })))
  const results = await Promise.all(writers.map((writer) => writer.call('saturate', 4000, 16)))
  const commits = results.map((result) => result.commits)
  const total = commits.reduce((sum, count) => sum + count, 0)
  expect(Math.min(...commits), `${commits.join(', ')} commits`).toBeGreaterThanOrEqual(total / 4 / 4)
  expect(Math.max(...results.map(({ longestMs }) => longestMs))).toBeLessThan(2500)
  await Promise.all(writers.map((writer) => writer.call('close')))
  expect([store.counter.get(), store.health().revision]).toEqual([total, total])
}, 40_000)
