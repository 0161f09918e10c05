/** Runs queries of one collection; the same for reads of the store and inside commits. */
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Connection, Statement } from '../../sqlite/driver.ts'
import type { Page, Query } from '../../state/query.ts'
import { encodePage, type PlannedQuery, planQuery, type QueryPlace } from './query.ts'

/** Prepared statements kept, at most; queries have few shapes. */
const mostStatements = 64

export class Finder {
  readonly #records: RecordSet
  #connection: Connection | undefined
  #place: QueryPlace
  #statements = new Map<string, Statement>()

  constructor(records: RecordSet) {
    this.#records = records
    this.#place = { id: records.id, kind: records.name, layout: { fields: [], indexes: [], nextIndex: 0 }, declared: {} }
  }

  attach(connection: Connection | undefined, place: QueryPlace): void {
    this.#connection = connection
    this.#place = place
    this.#statements = new Map()
  }

  find(query: Query): Page<unknown> {
    const plan = planQuery(this.#place, query)
    const columns = plan.position.join(', ')
    const sql = `SELECT key, value, revision, at, ${columns} FROM ${plan.from} ${plan.where} ${plan.orderBy} LIMIT ?`
    const rows = this.#prepare(sql)?.all(...plan.binds, plan.limit + 1) ?? []
    const items: unknown[] = []
    for (const row of rows.slice(0, plan.limit)) {
      const key = row[0] as string
      const slot = this.#records.keep(key, row[1] as string, row[2] as number, row[3] as number)
      const value = this.#records.valueOf(key, slot)
      if (value !== undefined) items.push(value)
    }
    return Object.freeze({ items: Object.freeze(items), next: nextOf(plan, rows) })
  }

  count(query: Query): number {
    const plan = planQuery(this.#place, query)
    const sql = `SELECT count(*) FROM ${plan.from} ${plan.where}`
    return Number(this.#prepare(sql)?.get(...plan.binds)?.[0] ?? 0)
  }

  #prepare(sql: string): Statement | undefined {
    const known = this.#statements.get(sql)
    if (known !== undefined || this.#connection === undefined) return known
    const statement = this.#connection.prepare(sql)
    if (this.#statements.size >= mostStatements) this.#statements.clear()
    this.#statements.set(sql, statement)
    return statement
  }
}

function nextOf({ limit, shape }: PlannedQuery, rows: readonly (readonly unknown[])[]): string | undefined {
  if (rows.length <= limit) return undefined
  return encodePage(shape, rows[limit - 1]?.slice(4) ?? [])
}
