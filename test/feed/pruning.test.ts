import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { openState } from '../support/open-state.ts'
import { host, sample, type Sample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const day = 24 * 60 * 60 * 1000

async function commitHosts(store: Sample, count: number, seen = 0): Promise<void> {
  const commits = Array.from({ length: count }, (_, i) => store.commit((tx) => tx.hosts.put(host(`10.0.0.${i}`, 'up', { seen: seen + i }))))
  await Promise.all(commits)
}

async function revisionsAfter(store: Sample, after: string): Promise<number[]> {
  const revisions: number[] = []
  const until = store.health().published
  for await (const { revision } of store.follow({ after })) {
    revisions.push(revision)
    if (revision === until) break
  }
  return revisions
}

/** The history as it is on disk, its checks computed a second time from the horizon's. */
function verifiedRevisions(directory: string): number[] {
  const database = new DatabaseSync(join(directory, 'store.db'), { readOnly: true })
  const fact = database.prepare('SELECT value FROM hf_meta WHERE name = ?')
  let chain = String(fact.get('horizon_chain')?.['value'])
  const rows = database.prepare('SELECT * FROM hf_commit ORDER BY revision').all()
  for (const { revision, at, instance, counter, actor, label, changes, chain: stored } of rows) {
    const text = `${chain}\n${String(revision)}\n${String(at)}\n${String(instance)}:${String(counter)}\n${JSON.stringify([actor, label])}\n${String(changes)}`
    chain = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    expect(stored).toBe(chain)
  }
  database.close()
  return rows.map(({ revision }) => Number(revision))
}

test('[L2] pruning keeps the newest commits, and the check of the horizon proves what is left', async () => {
  const directory = temporaryDirectory()
  const store = await openState(sample, { directory, history: { maxAgeMs: 0, maxBytes: 0, minCommits: 20 } })
  await commitHosts(store, 50)
  await store.prune()
  const { horizon, revision } = store.health()
  expect([horizon, revision]).toEqual([30, 50])
  expect(verifiedRevisions(directory)).toEqual(Array.from({ length: 20 }, (_, i) => 31 + i))
})

test('[L2] [F4] the horizon itself can be resumed from, a point before it cannot', async () => {
  const store = await openState(sample, { history: { maxAgeMs: 0, maxBytes: 0, minCommits: 5 } })
  const cursors: string[] = []
  for (let i = 0; i < 12; i += 1) {
    await commitHosts(store, 1 + i)
    cursors[store.health().published] = store.cursor
  }
  await store.prune()
  const { horizon, published } = store.health()
  const known = Object.keys(cursors).map(Number)
  const before = known.findLast((revision) => revision < horizon)
  const after = known.find((revision) => revision >= horizon)
  expect(before).toBeDefined()
  await expect(store.follow({ after: cursors[before ?? 0] }).next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED', details: { horizon } })
  const expected = Array.from({ length: published - (after ?? 0) }, (_, i) => (after ?? 0) + 1 + i)
  expect(await revisionsAfter(store, cursors[after ?? 0] ?? '')).toEqual(expected)
})

test('[L2] commits go by age or by size, whichever lets more go, but never the newest ones', async () => {
  const seams = systemSeams()
  let now = Date.parse('2026-01-01')
  const clock = { ...seams.clock, now: () => now }
  const history = { maxAgeMs: 7 * day, maxBytes: 1024 * 1024, minCommits: 3 }
  const store = (await openStoreWith({ ...seams, clock }, sample, { memory: true, history })) as Sample
  await commitHosts(store, 10)
  now += 8 * day
  await store.commit((tx) => tx.title.set('x'.repeat(600_000)))
  await store.prune()
  expect(store.health().horizon).toBe(8)
  await store.commit((tx) => tx.title.set('y'.repeat(600_000)))
  await commitHosts(store, 3, 100)
  await store.prune()
  expect(store.health().horizon).toBe(11)
  await store.close()
})

test('[C7] [L2] an id is remembered as long as the history that recorded it', async () => {
  const store = await openState(sample, { history: { maxAgeMs: 0, maxBytes: 0, minCommits: 2 } })
  let runs = 0
  const once = (): Promise<unknown> => store.commit((tx) => tx.counter.set((runs += 1)), { id: 'a' })
  await once()
  await once()
  expect(runs).toBe(1)
  await commitHosts(store, 5)
  await store.prune()
  await once()
  expect(runs).toBe(2)
})
