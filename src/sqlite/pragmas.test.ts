import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isHoldfastError } from '../base/error.ts'
import type { Connection, Driver, DriverName, Statement } from './driver.ts'
import { loadDriver } from './load-driver.ts'
import { applyPragmas, type ConnectionRole } from './pragmas.ts'
import { StepJournal } from './step-journal.ts'

const names: readonly DriverName[] = ['node:sqlite', 'better-sqlite3']
const roles: readonly ConnectionRole[] = ['writer', 'helper', 'reader']

describe.each(names)('%s', (name) => {
  let driver: Driver
  let directory: string
  let file: string
  let connections: Connection[]

  beforeAll(async () => {
    driver = await loadDriver(name)
  })

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pragmas-'))
    file = join(directory, 'store.db')
    connections = []
  })

  afterEach(() => {
    for (const connection of connections) connection.close()
    rmSync(directory, { recursive: true })
  })

  function open(options: { readonly file?: string; readonly readOnly?: boolean } = {}): Connection {
    const connection = driver.open({ file, create: true, ...options })
    connections.push(connection)
    return connection
  }

  const read = (connection: Connection, pragma: string): unknown => connection.prepare(`PRAGMA ${pragma}`).get()?.[0]

  test.each(roles)('[D5] every setting of a %s is in force, whatever it was before', (role) => {
    applyPragmas(open(), 'writer', file)
    const connection = open()
    const others =
      'busy_timeout = 9; cache_size = 5; temp_store = 1; foreign_keys = 0; synchronous = 3; wal_autocheckpoint = 7; mmap_size = 4096'
    for (const other of others.split('; ')) connection.exec(`PRAGMA ${other}`)
    applyPragmas(connection, role, file)
    const settings = {
      journal_mode: 'wal',
      synchronous: 1,
      wal_autocheckpoint: 0,
      busy_timeout: 0,
      foreign_keys: 1,
      temp_store: 2,
      cache_size: -8192,
      mmap_size: 0,
      trusted_schema: 0,
      cell_size_check: 1,
      query_only: role === 'reader' ? 1 : 0,
    }
    for (const [pragma, value] of Object.entries(settings)) expect([pragma, read(connection, pragma)]).toEqual([pragma, value])
  })

  test('[D5] a database in memory keeps its journal there', () => {
    const connection = open({ file: ':memory:' })
    applyPragmas(connection, 'writer', ':memory:')
    expect(read(connection, 'journal_mode')).toBe('memory')
    expect(read(connection, 'foreign_keys')).toBe(1)
  })

  test('[R6] a reader cannot write, and does not turn a file into WAL', () => {
    open().exec('CREATE TABLE t (a)')
    for (const readOnly of [true, false]) {
      const reader = open({ readOnly })
      applyPragmas(reader, 'reader', file)
      expect(read(reader, 'journal_mode')).toBe('delete')
      expect(() => reader.exec('INSERT INTO t VALUES (1)')).toThrow(expect.objectContaining({ code: 'STORE_READ_ONLY' }))
    }
    expect(readFileSync(file)[18]).toBe(1)
  })

  test('[C11] while another connection holds the lock, a new file is STORE_BUSY, and the same call succeeds later', () => {
    const first = open()
    first.exec('BEGIN EXCLUSIVE')
    const second = open()
    expect(() => applyPragmas(second, 'writer', file)).toThrow(expect.objectContaining({ code: 'STORE_BUSY' }))
    first.exec('ROLLBACK')
    applyPragmas(second, 'writer', file)
    expect(read(second, 'journal_mode')).toBe('wal')
  })

  test('[D2] nothing is checkpointed by a commit', () => {
    const writer = open()
    applyPragmas(writer, 'writer', file)
    writer.exec('CREATE TABLE t (a)')
    const before = readFileSync(file).length
    const insert = writer.prepare('INSERT INTO t VALUES (?)')
    for (let row = 0; row < 1_500; row += 1) insert.run('x'.repeat(1_000))
    expect(readFileSync(file).length).toBe(before)
    expect(readFileSync(`${file}-wal`).length).toBeGreaterThan(1_000 * 4_096)
  })

  test.each(['journal_mode', 'synchronous', 'cache_size', 'trusted_schema', 'query_only'])(
    '[D5] a library that does not keep %s is refused, with what was wanted and what it is',
    (pragma) => {
      const connection = stubborn(open(), pragma)
      try {
        applyPragmas(connection, 'writer', file)
        expect.unreachable()
      } catch (error) {
        if (!isHoldfastError(error, 'PRAGMA_REFUSED')) throw error
        expect(error.details.pragma).toBe(pragma)
        expect(error.details.got).not.toBe(error.details.wanted)
      }
    },
  )
})

/** A real connection on which setting one pragma sets it to something else, as an SQLite built without it would leave it. */
function stubborn(connection: Connection, pragma: string): Connection {
  const other = pragma === 'journal_mode' ? 'delete' : pragma === 'query_only' || pragma === 'trusted_schema' ? 1 : 3
  return {
    library: connection.library,
    get inTransaction(): boolean {
      return connection.inTransaction
    },
    get isOpen(): boolean {
      return connection.isOpen
    },
    failure: undefined,
    journal: new StepJournal(),
    prepare: (sql: string): Statement => connection.prepare(sql),
    exec: (sql) => connection.exec(sql.startsWith(`PRAGMA ${pragma} =`) ? `PRAGMA ${pragma} = ${other}` : sql),
    close: () => connection.close(),
  }
}
