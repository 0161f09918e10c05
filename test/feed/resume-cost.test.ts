import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { take } from '../support/commits.ts'
import { host, openSample, type Sample } from '../support/sample-state.ts'
import { watchStatements } from '../support/statements.ts'

const missed = 300

/** A store with so many records, and so many commits; then what resuming after the last few of them asks SQLite. */
async function countResume(records: number, commits: number): Promise<{ store: Sample; asked: Map<string, number> }> {
  const store = await openSample({ durability: 'process' })
  await store.commit((tx) => {
    for (let i = 0; i < records; i += 1) tx.hosts.put(host(`h${i}`))
  })
  const count = (times: number): Promise<unknown> =>
    Promise.all(Array.from({ length: times }, () => store.commit((tx) => tx.counter.update((n) => (n ?? 0) + 1))))
  await count(commits)
  await store.commit((tx) => tx.title.set('left here'), { durability: 'power' })
  const after = store.cursor
  await count(missed)
  await store.commit((tx) => tx.title.set('back here'), { durability: 'power' })

  const { seen, stop } = watchStatements()
  const follower = store.follow({ after })
  const resumed = await take(follower, missed + 1)
  await follower.return()
  stop()
  expect(resumed.at(-1)?.cursor).toBe(store.cursor)
  return { store, asked: seen.rows }
}

test('[F8] resuming reads the commits that were missed, and nothing of what is stored', async () => {
  const small = await countResume(10, 10)
  const large = await countResume(20_000, 3000)
  expect(large.asked).toEqual(small.asked)
  const rows = [...large.asked.values()].reduce((sum, count) => sum + count, 0)
  expect(rows).toBeGreaterThan(missed)
  expect(rows).toBeLessThan(missed + 30)

  const database = new DatabaseSync(join(large.store.directory, 'store.db'))
  try {
    for (const sql of large.asked.keys()) {
      if (!/^SELECT/i.test(sql)) continue
      const plan = database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
      // hf_meta has a handful of facts; the newest commit is the end of a scan that stops there.
      if (/hf_meta|ORDER BY revision DESC LIMIT 1/.test(sql)) continue
      for (const step of plan) expect(step).toMatch(/^SEARCH hf_commit USING INTEGER PRIMARY KEY/)
    }
  } finally {
    database.close()
  }
})
