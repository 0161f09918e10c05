/** Runs queries of one collection; the same for reads of the store and inside commits. */
import type { RecordSet } from '../../engine/records/record-set.ts'
import type { Connection, Row, Statement } from '../../sqlite/driver.ts'
import { boundLimit } from '../../sqlite/limit.ts'
import type { Page, Query } from '../../state/query.ts'
import type { PendingTable } from './pending-table.ts'
import { encodePage, type PlannedQuery, planQuery, type QueryPlace } from './query.ts'

/** Prepared statements kept, at most; queries have few shapes. */
const mostStatements = 64

export class Finder {
  readonly #records: RecordSet
  readonly #pending: PendingTable | undefined
  #connection: Connection | undefined
  #place: QueryPlace
  #statements = new Map<string, Statement>()

  /** @param pending what was written behind, to be found as well */
  constructor(records: RecordSet, pending?: PendingTable) {
    this.#records = records
    this.#pending = pending
    this.#place = { id: records.id, kind: records.name, layout: { fields: [], indexes: [], nextIndex: 0 }, declared: {} }
  }

  attach(connection: Connection | undefined, place: QueryPlace): void {
    this.#connection = connection
    this.#place = place
    this.#statements = new Map()
  }

  find(query: Query): Page<unknown> {
    const plan = planQuery(this.#place, query)
    const rows = this.#pending?.isEmpty === false ? this.#findWith(plan, this.#pending) : this.#findCommitted(plan)
    const items: unknown[] = []
    for (const row of rows.slice(0, plan.limit)) {
      const value = this.#valueOf(row)
      if (value !== undefined) items.push(value)
    }
    return Object.freeze({ items: Object.freeze(items), next: nextOf(plan, rows) })
  }

  #findCommitted(plan: PlannedQuery): Row[] {
    return this.#prepare(`${selectOf(plan, plan.from, plan.where)} ${boundLimit}`)?.all(...plan.binds, plan.limit + 1) ?? []
  }

  /** A page of both tables, of which what is pending hides what is committed. */
  #findWith(plan: PlannedQuery, pending: PendingTable): Row[] {
    pending.bringUpToDate()
    const committed = selectOf(plan, plan.from, and(plan.where, `key NOT IN (SELECT key FROM ${pending.name})`))
    const written = selectOf(plan, pending.name, and(plan.where, 'gone = 0'))
    const both = `SELECT * FROM (${committed} ${boundLimit}) UNION ALL SELECT * FROM (${written} ${boundLimit})`
    const limit = plan.limit + 1
    const binds = [...plan.binds, limit, ...plan.binds, limit, limit]
    return this.#prepare(`SELECT * FROM (${both}) ${plan.orderBy} ${boundLimit}`)?.all(...binds) ?? []
  }

  #valueOf(row: Row): unknown {
    const key = row[0] as string
    const written = this.#pending?.get(key)
    if (written !== undefined) return written.value
    return this.#records.valueOf(key, this.#records.keep(key, row[1] as string, row[2] as number, row[3] as number))
  }

  count(query: Query): number {
    const plan = planQuery(this.#place, query)
    return this.#pending?.isEmpty === false ? this.#countWith(plan, this.#pending) : this.#countCommitted(plan)
  }

  #countWith(plan: PlannedQuery, pending: PendingTable): number {
    pending.bringUpToDate()
    const committed = `SELECT count(*) FROM ${plan.from} ${and(plan.where, `key NOT IN (SELECT key FROM ${pending.name})`)}`
    const written = `SELECT count(*) FROM ${pending.name} ${and(plan.where, 'gone = 0')}`
    return Number(this.#prepare(`SELECT (${committed}) + (${written})`)?.get(...plan.binds, ...plan.binds)?.[0] ?? 0)
  }

  #countCommitted(plan: PlannedQuery): number {
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

function selectOf({ position, orderBy }: PlannedQuery, from: string, where: string): string {
  return `SELECT key, value, revision, at, ${position.join(', ')} FROM ${from} ${where} ${orderBy}`
}

function and(where: string, term: string): string {
  return where === '' ? `WHERE ${term}` : `${where} AND ${term}`
}

function nextOf({ limit, shape }: PlannedQuery, rows: readonly (readonly unknown[])[]): string | undefined {
  if (rows.length <= limit) return undefined
  return encodePage(shape, rows[limit - 1]?.slice(4) ?? [])
}
