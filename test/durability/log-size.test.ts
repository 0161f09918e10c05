import { expect, test } from 'vitest'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { eachDriver } from '../support/drivers.ts'
import { outcomeOf } from '../support/outcome.ts'
import { Program } from '../support/program.ts'
import { sample } from '../support/sample.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { LockCalls } from '../commit/lock-holder.ts'

const kibibyte = 1024

/** An eighth of the limits of D2. */
const walLimits = {
  measureBytes: 256 * kibibyte,
  passiveBytes: 1024 * kibibyte,
  restartBytes: 4096 * kibibyte,
  holdBytes: 8192 * kibibyte,
  refuseBytes: 16_384 * kibibyte,
}

/** One group of commits may be written above a limit that was not reached before it. */
const slackBytes = 1024 * kibibyte

eachDriver((driver) => {
  test('[D2] the log stays small under a writer that never rests', async () => {
    const directory = temporaryDirectory()
    const store = await openStoreWith({ ...systemSeams(), walLimits }, sample, { directory, driver, durability: 'process' })
    let mostBytes = 0
    for (let i = 0; i < 60; i += 1) {
      await Promise.all(Array.from({ length: 10 }, () => store.commit((tx) => tx.lines.append('x'.repeat(40 * kibibyte)))))
      mostBytes = Math.max(mostBytes, statSync(join(directory, 'store.db-wal')).size)
    }
    expect(mostBytes).toBeLessThan(walLimits.holdBytes + slackBytes)
    expect(store.lines.count()).toBe(600)
    await store.close()
  })

  test('[D2] a reader in another process holds it: growth ends at the limit, health names the reader, and all goes on when it has left', async () => {
    const directory = temporaryDirectory()
    const limits = { ...walLimits, holdBytes: walLimits.refuseBytes }
    const store = await openStoreWith({ ...systemSeams(), walLimits: limits }, sample, { directory, driver })
    await store.commit((tx) => tx.title.set('t'))
    const other = new Program<LockCalls>(new URL('../commit/lock-holder.ts', import.meta.url))
    await other.call('read', directory)
    let last: unknown
    let made = 0
    while (last !== 'WAL_FULL') {
      last = await outcomeOf(store.commit((tx) => tx.lines.append('x'.repeat(200 * kibibyte))))
      if (last !== 'WAL_FULL') made += 1
    }
    const { size } = statSync(join(directory, 'store.db-wal'))
    expect(size).toBeGreaterThanOrEqual(walLimits.refuseBytes)
    expect(size).toBeLessThan(walLimits.refuseBytes + slackBytes)
    expect(store.health()).toMatchObject({ ready: false, walHeldByReader: true, reasons: [expect.stringContaining('reader')] })
    if (process.platform === 'linux') expect(store.health().walReaders).toEqual([other.pid])
    expect([store.lines.count(), store.health().revision]).toEqual([made, made + 1])
    await other.call('release')
    while (store.health().walHeldByReader) await new Promise((resolve) => setImmediate(resolve))
    expect(store.health()).toMatchObject({ ready: true, walReaders: [] })
    expect(await outcomeOf(store.commit((tx) => tx.title.set('after')))).toMatchObject({ revision: made + 2 })
    expect(statSync(join(directory, 'store.db-wal')).size).toBeLessThan(walLimits.restartBytes)
    await store.close()
  })
})
