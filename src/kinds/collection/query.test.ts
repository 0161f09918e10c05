import { describe, expect, test } from 'vitest'
import { drivers } from '../../../test/support/drivers.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import type { Query } from '../../state/query.ts'
import { clampLimit, encodePage, type PlannedQuery, planQuery, type QueryPlace } from './query.ts'
import { type CollectionLayout, planCollection } from './tables.ts'
import { collection } from '../../state/collection-kind.ts'
import { z } from 'zod'

const kind = collection(z.object({ id: z.string(), a: z.string(), b: z.number().optional() }), {
  key: 'id',
  indexes: { byA: ['a'], byAB: ['a', 'b'], byB: { fields: ['b'], unique: true } },
})
const plan = planCollection(1, undefined, kind)
const place: QueryPlace = {
  id: 1,
  kind: 'things',
  layout: plan.description['layout'] as CollectionLayout,
  declared: kind.indexes,
}

const queries: readonly Query[] = [
  {},
  { gt: 'k', lte: 'l' },
  { index: 'byA' },
  { index: 'byA', equals: ['x'] },
  { index: 'byA', gte: 'x', lt: 'y' },
  { index: 'byAB', equals: ['x'] },
  { index: 'byAB', equals: ['x', 1] },
  { index: 'byAB', equals: ['x'], gt: 1 },
  { index: 'byB' },
  { index: 'byB', equals: [undefined] },
  { index: 'byB', equals: [1] },
  { index: 'byB', lt: 5 },
]

describe.each(drivers)('%s', (driver) => {
  test.each(queries)('[R3] [X47] the page %j is read from where it begins, in the order of the index, without sorting', async (query) => {
    const connection = (await loadDriver(driver)).open({ file: ':memory:' })
    for (const [sql] of plan.steps) connection.prepare(sql).run()
    for (const order of ['asc', 'desc'] as const) {
      const first = planQuery(place, { ...query, order })
      expect(explain(connection, first).join()).toMatch(new RegExp(`^(SEARCH|SCAN) k1 USING INDEX \\S+( \\(.*\\))?$`))
      if (Object.keys(query).length > 1) expect(explain(connection, first).join()).toMatch(/^SEARCH/)
      const after = encodePage(
        first.shape,
        first.position.map(() => 'x'),
      )
      const next = planQuery(place, { ...query, order, after })
      expect(explain(connection, next).join()).toMatch(new RegExp(`^SEARCH k1 USING INDEX \\S+ \\(.*\\)$`))
    }
    connection.close()
  })
})

function explain(connection: Connection, { from, where, orderBy, binds, position }: PlannedQuery): string[] {
  const sql = `EXPLAIN QUERY PLAN SELECT key, value, revision, at, ${position.join(', ')} FROM ${from} ${where} ${orderBy} LIMIT ?`
  const rows = connection.prepare(sql).all(...binds, 10)
  return rows.map((row) => String(row[3]))
}

test('[X47] limits come into range: not a number is the default, less than one is one, more than 1,000 is 1,000', () => {
  expect([undefined, NaN, -1, 0, 0.5, 1, 1000, 1001, Infinity].map((limit) => clampLimit(limit))).toEqual([
    100, 100, 1, 1, 1, 1, 1000, 1000, 1000,
  ])
  expect(clampLimit(undefined, 200)).toBe(200)
})
