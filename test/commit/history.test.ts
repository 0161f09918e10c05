import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { defaultRetention } from '../../src/engine/history/pruner.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { take } from '../support/commits.ts'
import { eachDriver } from '../support/drivers.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { findFaults } from '../support/fold.ts'
import { openState } from '../support/open-state.ts'
import { outcomeOf } from '../support/outcome.ts'
import { host, openSample, sample } from '../support/sample-state.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const Secret = z.object({ id: z.string(), secret: z.string() })

const secrets = defineState({
  name: 'secrets',
  version: 1,
  kinds: {
    open: collection(Secret, { key: 'id' }),
    byKey: collection(Secret, { key: 'id', feed: 'key' }),
    linesByKey: log(z.string(), { feed: 'key' }),
    hidden: document(z.string(), { feed: 'none' }),
    hiddenLines: log(z.string(), { feed: 'none', retention: { entries: 2 } }),
    lines: log(z.string(), { retention: { entriesPerStream: 2 } }),
  },
})

async function everything(options: StoreOptions): Promise<Store<typeof secrets>> {
  const store = await openStore(secrets, options)
  await store.commit((tx) => {
    tx.open.put({ id: 'a', secret: 'visible one' })
    tx.byKey.put({ id: 'a', secret: 'stays home' })
    tx.linesByKey.append('stays home as well')
    tx.hidden.set('never leaves')
    tx.hiddenLines.append('never leaves either')
    tx.lines.append('line 1')
  })
  await store.commit((tx) => {
    tx.open.put({ id: 'a', secret: 'visible two' })
    tx.open.put({ id: 'b', secret: '日本 "quoted"\n' })
    tx.byKey.put({ id: 'a', secret: 'stays home still' })
    tx.hidden.set('never leaves still')
    for (const number of [1, 2, 3]) tx.hiddenLines.append(`never leaves ${number}`)
    for (const number of [2, 3, 4]) tx.lines.append(`line ${number}`, { stream: number === 3 ? 's' : '' })
  })
  await store.commit((tx) => {
    tx.open.delete('a')
    tx.byKey.delete('a')
    tx.hidden.delete()
  })
  return store
}

eachDriver((driver) => {
  describe('a change', () => {
    test('[L1] holds kind, key, operation, value and what was there before', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => {
        tx.hosts.put(host('1'))
        tx.title.set('a')
      })
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'down'))
        tx.title.delete()
        tx.lines.append('l', { stream: 's' })
      })
      const [first, second] = await take(store.follow(), 2)
      expect(first?.changes).toEqual([
        { kind: 'hosts', op: 'put', key: '1', value: host('1') },
        { kind: 'title', op: 'put', key: '', value: 'a' },
      ])
      expect(second?.changes).toEqual([
        { kind: 'hosts', op: 'put', key: '1', value: host('1', 'down'), before: host('1') },
        { kind: 'title', op: 'delete', key: '', before: 'a' },
        { kind: 'lines', op: 'append', seq: 1, stream: 's', value: 'l' },
      ])
    })

    test('[L1] of a record written several times in a commit is one, from what was there before it to what is there after it', async () => {
      const store = await openSample({ driver, memory: true })
      await store.commit((tx) => tx.hosts.put(host('1')))
      await store.commit((tx) => {
        tx.hosts.put(host('1', 'a'))
        tx.hosts.delete('1')
        tx.hosts.insert(host('1', 'b'))
        tx.hosts.put(host('2', 'a'))
        tx.hosts.update('2', (there) => ({ ...there, status: 'b' }))
      })
      const [, commit] = await take(store.follow(), 2)
      expect(commit?.changes).toEqual([
        { kind: 'hosts', op: 'put', key: '1', value: host('1', 'b'), before: host('1') },
        { kind: 'hosts', op: 'put', key: '2', value: host('2', 'b') },
      ])
    })

    test('[L1] a trim of a log says up to which entry, and of which stream', async () => {
      const retention = { entries: 16, entriesPerStream: 8 }
      const state = defineState({ name: 'trimmed', version: 1, kinds: { lines: log(z.string(), { retention }) } })
      const store = await openState(state, { driver, memory: true })
      await store.commit((tx) => {
        for (let i = 1; i <= 10; i += 1) tx.lines.append(`${i}`, { stream: 's' })
        for (let i = 11; i <= 21; i += 1) tx.lines.append(`${i}`, { stream: `${i}` })
      })
      const [commit] = await take(store.follow(), 1)
      expect(commit?.changes.filter(({ op }) => op === 'trim')).toEqual([
        { kind: 'lines', op: 'trim', stream: 's', through: 2 },
        { kind: 'lines', op: 'trim', stream: null, through: 5 },
      ])
      expect(store.lines.read()[0]).toMatchObject({ seq: 6, stream: 's' })
    })

    test('[L1] of a kind whose values stay home has hashes in place of them, and no value is in the history', async () => {
      const directory = temporaryDirectory()
      await (await everything({ directory, driver })).close()
      const tables = await openTables(directory, driver)
      const history = tables.all('SELECT changes FROM hf_commit').map(([changes]) => String(changes))
      expect(history.join('\n')).toContain('visible one')
      expect(history.join('\n')).not.toMatch(/stays home|never leaves/)
      const hashes = history.flatMap((changes) => [...changes.matchAll(/"[\w-]{22}"/g)])
      expect(hashes.length).toBeGreaterThanOrEqual(8)
    })
  })

  describe('the history', () => {
    test('[P6] [L2] [P3] every record and entry equals the last change of it, and every check follows from the one before', async () => {
      const directory = temporaryDirectory()
      const store = await everything({ directory, driver })
      for (let i = 0; i < 30; i += 1) {
        await outcomeOf(
          store.commit(
            (tx) => {
              tx.open.put({ id: `${i % 7}`, secret: `${i}` })
              tx.byKey.put({ id: `${i % 3}`, secret: `${i}` })
              tx.lines.append(`${i}`)
              if (i % 4 === 3) throw new Error('no')
              if (i % 5 === 4) tx.open.delete(`${(i + 1) % 7}`)
            },
            { ...(i % 2 === 0 ? { actor: 'ann', label: '日本 "\\' } : {}), durability: i % 3 === 0 ? 'power' : 'process' },
          ),
        )
      }
      await store.close()
      expect(findFaults(await openTables(directory, driver))).toEqual([])
    })

    test('[P6] [L2] pruning keeps the horizon’s check: what is left is proven by it, what is older by its own checksum', async () => {
      const directory = temporaryDirectory()
      const store = await everything({ directory, driver, history: { minCommits: 3, maxAgeMs: 0, maxBytes: 0 } })
      for (let i = 0; i < 12; i += 1) await store.commit((tx) => tx.open.put({ id: `${i % 5}`, secret: `${i}` }))
      expect(await store.prune()).toBe(12)
      await store.commit((tx) => tx.open.delete('0'))
      expect(store.health()).toMatchObject({ revision: 16, horizon: 12 })
      await store.close()
      const tables = await openTables(directory, driver)
      expect(tables.all('SELECT count(*), min(revision) FROM hf_commit')).toEqual([[4, 13]])
      expect(findFaults(tables)).toEqual([])
    })

    test.each([
      ['a value', "UPDATE k1 SET value = replace(value, 'quoted', 'Quoted') WHERE key = 'b'"],
      ['a deleted record', "DELETE FROM k1 WHERE key = 'b'"],
      ['a revision', "UPDATE k1 SET revision = 1 WHERE key = 'b'"],
      ['a change', "UPDATE hf_commit SET changes = replace(changes, 'visible two', 'visible twx') WHERE revision = 2"],
      ['a label', "UPDATE hf_commit SET label = 'x' WHERE revision = 1"],
      ['a commit', 'DELETE FROM hf_commit WHERE revision = 2'],
      ['a time', 'UPDATE hf_commit SET at = at + 1 WHERE revision = 3'],
      ['a stream', "UPDATE k5 SET stream = 'other' WHERE seq = 4"],
    ])('[P6] [L2] what is proven that way notices %s that was tampered with', async (_, sql) => {
      const directory = temporaryDirectory()
      await (await everything({ directory, driver })).close()
      const tables = await openTables(directory, driver)
      expect(findFaults(tables)).toEqual([])
      tables.exec(sql)
      expect(findFaults(tables)).not.toEqual([])
    })
  })
})

describe('retention', () => {
  test('[L2] is 7 days, at most 256 MiB and at least 1,000 commits unless the options say otherwise', () => {
    expect(defaultRetention).toEqual({ maxAgeMs: 7 * 24 * 3_600_000, maxBytes: 256 * 1024 * 1024, minCommits: 1000 })
  })

  async function fill(store: Store<typeof sample>, commits: number, length = 1): Promise<void> {
    await Promise.all(Array.from({ length: commits }, (_, i) => store.commit((tx) => tx.title.set(`${i}`.padEnd(length)))))
  }

  test('[L2] commits older than the age go, and so many of the newest stay', async () => {
    const clock = new FakeClock()
    const store = await openStoreWith(clock.seams, sample, { memory: true, history: { maxAgeMs: 1000, minCommits: 5, maxBytes: 1e9 } })
    await fill(store, 20)
    clock.advance(900)
    await fill(store, 20)
    expect(await store.prune()).toBe(0)
    clock.advance(200)
    expect(await store.prune()).toBe(20)
    clock.advance(2000)
    expect(await store.prune()).toBe(15)
    expect(store.health()).toMatchObject({ revision: 40, horizon: 35 })
    await store.close()
  })

  test('[L2] what the options leave open is as said: 7 days, and the newest 1,000', async () => {
    const clock = new FakeClock()
    const store = await openStoreWith(clock.seams, sample, { memory: true, history: { maxBytes: 1e9 } })
    await fill(store, 1100)
    clock.advance(7 * 24 * 3_600_000 - 60_000)
    expect(await store.prune()).toBe(0)
    clock.advance(120_000)
    expect(await store.prune()).toBe(100)
    await store.close()
  })

  test('[L2] commits beyond the size go, and no more', async () => {
    const store = await openStore(sample, { memory: true, history: { maxAgeMs: 1e9, minCommits: 5, maxBytes: 20_000 } })
    await fill(store, 100, 1000)
    await store.prune()
    const { revision, horizon } = store.health()
    const kept = revision - horizon
    expect(kept).toBeGreaterThan(5)
    expect(kept * 2000).toBeGreaterThanOrEqual(16_000)
    expect(kept * 2000).toBeLessThanOrEqual(24_000)
    await store.close()
  })

  test('[L2] happens by itself while commits are made', async () => {
    const store = await openStore(sample, { memory: true, history: { maxAgeMs: 0, minCommits: 10, maxBytes: 0 } })
    while (store.health().horizon < 600) await fill(store, 20)
    expect(store.health().revision).toBeLessThan(1500)
    await store.close()
  })

  test('[L2] goes in steps short enough for the event loop, each of which another process could see', async () => {
    const directory = temporaryDirectory()
    const steps: number[] = []
    let startedAt = 0
    const seams = {
      ...systemSeams(),
      observe: (phase: string, edge: string): void => {
        if (phase !== 'prune') return
        if (edge === 'begin') startedAt = performance.now()
        else steps.push(performance.now() - startedAt)
      },
    }
    const options = { directory, durability: 'process', history: { maxAgeMs: 1e9, minCommits: 10, maxBytes: 1e9 } } as const
    const full = await openStoreWith(seams, sample, options)
    for (let i = 0; i < 10; i += 1) await fill(full, 2000, 200)
    await full.close()
    const store = await openStoreWith(seams, sample, { ...options, history: { maxAgeMs: 0, minCommits: 10, maxBytes: 0 } })
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    steps.length = 0
    expect(await store.prune()).toBe(19_990)
    clearInterval(timer)
    expect(steps.length).toBeGreaterThan(5)
    expect(turns).toBeGreaterThan(3)
    const median = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
    expect(median).toBeLessThan(15)
    await store.close()
    expect(findFaults(await openTables(directory))).toEqual([])
  })
})
