import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { watchStatements } from '../support/statements.ts'
import { workState } from './work-state.ts'

test('[X48] [J7] claims, counts and trims go by an index to the rows they take: none walks over a queue, or sorts it', async () => {
  const { seen, stop } = watchStatements()
  const store = await openState(workState)
  stop()
  const asked = seen.prepared.filter((sql) => /^SELECT .* FROM k\d+ INDEXED BY/.test(sql))
  expect(asked.length).toBeGreaterThanOrEqual(5)
  const database = new DatabaseSync(join(store.directory, 'store.db'), { readOnly: true })
  for (const sql of new Set(asked)) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { readonly detail: string }[]
    expect([sql, plan.map(({ detail }) => detail.replace(/k\d+(_i\d+|_active)?/g, 'k'))]).toEqual([
      sql,
      [expect.stringMatching(/^SEARCH k USING (COVERING )?INDEX k \(/)],
    ])
  }
  database.close()
})
