import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Connection, DriverName } from '../../sqlite/driver.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { GroupRollback } from './group-rollback.ts'

/** One commit: keys it writes, and whether it fails after that. */
interface Plan {
  readonly keys: readonly number[]
  readonly fails: boolean
}

const plans = fc.array(fc.record({ keys: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }), fails: fc.boolean() }), {
  maxLength: 12,
})

async function openTable(name: DriverName): Promise<Connection> {
  const connection = (await loadDriver(name)).open({ file: ':memory:' })
  connection.exec('CREATE TABLE t (row INTEGER PRIMARY KEY, key INTEGER UNIQUE, commits TEXT)')
  return connection
}

/** Writes as a commit does: an insert that finds the key taken, then an update. */
function write(connection: Connection, { keys }: Plan, commit: number): void {
  const insert = connection.prepare('INSERT INTO t (key, commits) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
  const update = connection.prepare("UPDATE t SET commits = commits || ',' || ? WHERE key = ?")
  for (const key of keys) if (insert.run(key, String(commit)) === 0) update.run(String(commit), key)
}

function rows(connection: Connection): unknown {
  return connection.prepare('SELECT row, key, commits FROM t ORDER BY row').all()
}

describe.each(['node:sqlite', 'better-sqlite3'] as const)('%s', (name) => {
  test('[C5] whichever commits of a group fail, what is left is what the others wrote, row for row', async () => {
    const connection = await openTable(name)
    const rollback = new GroupRollback(connection)
    let failuresAfterWrites = 0
    fc.assert(
      fc.property(plans, (group) => {
        connection.exec('DELETE FROM t; BEGIN')
        rollback.beginGroup()
        for (const [commit, plan] of group.entries()) {
          rollback.beginCommit()
          write(connection, plan, commit)
          if (plan.fails) rollback.undoCommit()
          else rollback.endCommit()
          if (plan.fails && plan.keys.length > 0) failuresAfterWrites += 1
        }
        rollback.endGroup()
        connection.exec('COMMIT')
        const left = rows(connection)
        connection.exec('DELETE FROM t')
        for (const [commit, plan] of group.entries()) if (!plan.fails) write(connection, plan, commit)
        expect(left).toEqual(rows(connection))
      }),
    )
    expect(failuresAfterWrites).toBeGreaterThan(50)
    connection.close()
  })

  test('[C5] a group whose commits all succeed runs no savepoint but its own, and remembers nothing afterwards', async () => {
    const connection = await openTable(name)
    const rollback = new GroupRollback(connection)
    connection.exec('BEGIN')
    rollback.beginGroup()
    for (let commit = 0; commit < 3; commit += 1) {
      rollback.beginCommit()
      write(connection, { keys: [commit], fails: false }, commit)
      rollback.endCommit()
    }
    expect(connection.journal.length).toBe(3)
    expect(() => connection.exec('RELEASE one')).toThrow('no such savepoint')
    rollback.endGroup()
    expect(connection.journal.length).toBe(0)
    connection.exec('COMMIT')
    write(connection, { keys: [9], fails: false }, 9)
    expect(connection.journal.length).toBe(0)
    connection.close()
  })
})
