/** What this thread asks of `node:sqlite`; the helper thread has a copy of its own, which is not seen. */
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'

export interface Seen {
  /** Statements that were prepared. */
  readonly prepared: string[]
  /** Rows that queries gave, by statement. */
  readonly rows: Map<string, number>
}

type Statements = Record<'all' | 'get', (this: StatementSync, ...binds: unknown[]) => unknown>
type Databases = Record<'prepare', (this: DatabaseSync, sql: string) => unknown>

/** Looks on until `stop` is called, or the running test is over. */
export function watchStatements(): { readonly seen: Seen; readonly stop: () => void } {
  const seen: Seen = { prepared: [], rows: new Map() }
  const note = (sql: string, count: number): void => void seen.rows.set(sql, (seen.rows.get(sql) ?? 0) + count)
  const statements = StatementSync.prototype as unknown as Statements
  const databases = DatabaseSync.prototype as unknown as Databases
  const { all, get } = statements
  const { prepare } = databases
  statements.all = function (...binds) {
    const rows = all.apply(this, binds)
    note(this.sourceSQL, (rows as unknown[]).length)
    return rows
  }
  statements.get = function (...binds) {
    note(this.sourceSQL, 1)
    return get.apply(this, binds)
  }
  databases.prepare = function (sql) {
    seen.prepared.push(sql)
    return prepare.call(this, sql)
  }
  const stop = (): void => {
    Object.assign(statements, { all, get })
    Object.assign(databases, { prepare })
  }
  onTestFinished(stop)
  return { seen, stop }
}
