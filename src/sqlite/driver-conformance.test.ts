/** One suite for every driver: what a connection does, so that nothing above can tell the libraries apart. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isRoot } from '../../test/support/privileges.ts'
import { type HoldfastError, isHoldfastError } from '../base/error.ts'
import type { Bind, Connection, ConnectionOptions, Driver, DriverName, Row } from './driver.ts'
import { loadDriver } from './load-driver.ts'
import { applyPragmas } from './pragmas.ts'
import { isBusy, isUniqueViolation, sqliteCode } from './sqlite-error.ts'

const names: readonly DriverName[] = ['node:sqlite', 'better-sqlite3']

function caught(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Expected the action to throw an Error')
}

function caughtHoldfast(action: () => unknown): HoldfastError {
  const error = caught(action)
  if (!isHoldfastError(error)) throw error
  return error
}

describe.each(names)('%s', (name) => {
  let driver: Driver
  let directory: string
  let file: string
  let connections: Connection[]

  beforeAll(async () => {
    driver = await loadDriver(name)
  })

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'driver-'))
    file = join(directory, 'store.db')
    connections = []
  })

  afterEach(() => {
    for (const connection of connections) connection.close()
    rmSync(directory, { recursive: true })
  })

  function open(options: Partial<ConnectionOptions> = {}): Connection {
    const connection = driver.open({ file, create: options.readOnly !== true, ...options })
    connections.push(connection)
    return connection
  }

  function memory(): Connection {
    return open({ file: ':memory:' })
  }

  function echo(value: Bind): Row {
    const row = memory().prepare('SELECT value, typeof(value) FROM (SELECT ? AS value)').get(value)
    if (row === undefined) throw new Error('Expected a row')
    return row
  }

  describe('binds and rows', () => {
    test.each<[Bind, string]>([
      [null, 'null'],
      ['', 'text'],
      ['plain', 'text'],
      ['ünïcödé 漢字 👩‍👩‍👧‍👦 \u{10ffff}', 'text'],
      ['line\r\nbreak "quoted" \'twice\'', 'text'],
      ['x'.repeat(1_000_000), 'text'],
      [0, 'real'],
      [-1, 'real'],
      [1.5, 'real'],
      [Number.MAX_VALUE, 'real'],
      [Number.MIN_VALUE, 'real'],
      [Number.MAX_SAFE_INTEGER, 'real'],
      [Number.MIN_SAFE_INTEGER, 'real'],
      [Infinity, 'real'],
    ])('[V2] a bound value comes back as it was, with the same type (%#)', (value, type) => {
      expect(echo(value)).toEqual([value, type])
    })

    test('[V2] text with a NUL is stored whole, though not every Node reads it back so', () => {
      expect(memory().prepare('SELECT hex(value) FROM (SELECT ? AS value)').get('a\u0000b')).toEqual(['610062'])
    })

    test('[V2] JSON text carries NUL and lone surrogates', () => {
      const value = { nul: 'a\u0000b', lone: '\ud800' }
      expect(JSON.parse(String(echo(JSON.stringify(value))[0]))).toEqual(value)
    })

    test('[V2] a BLOB comes back byte by byte, also a view into a larger buffer, an empty one and a Buffer', () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      for (const blob of [bytes, bytes.subarray(3, 7), new Uint8Array(0), Buffer.from(bytes)]) {
        const [value, type] = echo(blob)
        expect(value).toBeInstanceOf(Uint8Array)
        expect([...(value as Uint8Array)]).toEqual([...blob])
        expect(type).toBe('blob')
      }
    })

    test('[V2] a returned BLOB is a copy that later statements leave alone', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (b BLOB)')
      connection.prepare('INSERT INTO t VALUES (?)').run(Uint8Array.of(1, 2, 3))
      const blob = connection.prepare('SELECT b FROM t').get()?.[0] as Uint8Array
      connection.exec("UPDATE t SET b = x'ffffff'")
      expect([...blob]).toEqual([1, 2, 3])
    })

    test('[V2] whole numbers are stored as integers in INTEGER columns, to the ends of the safe range', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (n INTEGER)')
      const insert = connection.prepare('INSERT INTO t VALUES (?)')
      const numbers = [0, 1, -1, 2 ** 31, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0.5]
      for (const number of numbers) insert.run(number)
      const rows = connection.prepare('SELECT n, typeof(n) FROM t ORDER BY rowid').all()
      expect(rows).toEqual(numbers.map((number) => [number, Number.isInteger(number) ? 'integer' : 'real']))
    })

    test('[D5] rows are arrays in column order, columns of the same name included', () => {
      const connection = memory()
      expect(connection.prepare('SELECT 1 AS a, 2 AS a, 3 AS __proto__').get()).toEqual([1, 2, 3])
      const rows = connection.prepare('SELECT column1, column2 FROM (VALUES (1, 2), (3, 4))').all()
      expect(rows).toEqual([
        [1, 2],
        [3, 4],
      ])
      expect(rows.every((row) => Array.isArray(row))).toBe(true)
    })

    test('[D5] every number of binds arrives in its place', () => {
      const connection = memory()
      for (let count = 0; count <= 12; count += 1) {
        const binds = Array.from({ length: count }, (_, index) => index + 1)
        const columns = binds.map((bind) => `c${bind}`)
        connection.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (${['id', ...columns].join(', ')})`)
        const places = ['0', ...binds.map(() => '?')].join(', ')
        expect(connection.prepare(`INSERT INTO t VALUES (${places})`).run(...binds)).toBe(1)
        expect(connection.prepare('SELECT * FROM t').get()).toEqual([0, ...binds])
        const select = connection.prepare(`SELECT ${places}`)
        expect(select.get(...binds)).toEqual([0, ...binds])
        expect(select.all(...binds)).toEqual([[0, ...binds]])
      }
    })

    test('[R4] no row is undefined for get and an empty list for all', () => {
      const none = memory().prepare('SELECT 1 WHERE 0')
      expect(none.get()).toBeUndefined()
      expect(none.all()).toEqual([])
    })

    test('[D5] a statement keeps nothing of the call before', () => {
      const connection = memory()
      const select = connection.prepare('SELECT ?, ?')
      expect(select.get('a', 'b')).toEqual(['a', 'b'])
      expect(() => (select.get as (...binds: unknown[]) => unknown)('c')).toThrow(TypeError)
      expect(select.get(null, 'd')).toEqual([null, 'd'])
    })
  })

  describe('rows changed', () => {
    test('[C2] run counts rows inserted, updated and deleted, and none where a conflict clause did nothing', () => {
      const connection = memory()
      expect(connection.prepare('CREATE TABLE t (k TEXT PRIMARY KEY, v)').run()).toBe(0)
      const upsert = connection.prepare('INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET v = excluded.v WHERE v IS NOT excluded.v')
      expect(upsert.run('a', 'one')).toBe(1)
      expect(upsert.run('a', 'one')).toBe(0)
      expect(upsert.run('a', 'two')).toBe(1)
      expect(connection.prepare("INSERT INTO t SELECT 'b' || column1, 0 FROM (VALUES (1), (2), (3))").run()).toBe(3)
      expect(connection.prepare('UPDATE t SET v = 1').run()).toBe(4)
      expect(connection.prepare('-- why\nWITH old AS (SELECT 1) DELETE FROM t WHERE k > ?').run('a')).toBe(3)
      expect(connection.prepare('DELETE FROM t WHERE 0').run()).toBe(0)
      expect(connection.prepare('REPLACE INTO t VALUES (?, ?)').run('c', 1)).toBe(1)
    })

    test('[C2] statements that change no rows answer 0, whatever was changed before them', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (k); INSERT INTO t VALUES (1), (2)')
      expect(connection.prepare('DELETE FROM t').run()).toBe(2)
      for (const sql of ['BEGIN IMMEDIATE', 'SAVEPOINT s', 'RELEASE s', 'COMMIT', 'CREATE TABLE u (k)', 'PRAGMA foreign_keys = 1']) {
        expect(connection.prepare(sql).run(), sql).toBe(0)
      }
    })

    test('[C5] execute does what run does with any number of binds, is remembered, and answers nothing', () => {
      const connection = memory()
      const columns = Array.from({ length: 11 }, (_, at) => `c${at}`)
      connection.exec(`CREATE TABLE t (${columns.join(', ')})`)
      connection.exec('SAVEPOINT s')
      connection.journal.begin()
      for (let count = 1; count <= columns.length; count += 1) {
        const chosen = columns.slice(0, count)
        const insert = connection.prepare(`INSERT INTO t (${chosen.join(', ')}) VALUES (${chosen.map(() => '?').join(', ')})`)
        expect(insert.execute(...chosen)).toBeUndefined()
      }
      const rows = connection.prepare('SELECT * FROM t').all()
      expect(rows.map((row) => row.filter((cell) => cell !== null))).toEqual(columns.map((_, at) => columns.slice(0, at + 1)))
      connection.exec('ROLLBACK TO s')
      connection.journal.repeat(connection.journal.length)
      expect(connection.prepare('SELECT * FROM t').all()).toEqual(rows)
      connection.exec('CREATE UNIQUE INDEX one ON t (c0) WHERE c10 IS NOT NULL')
      expect(isUniqueViolation(caught(() => connection.prepare("INSERT INTO t (c0, c10) VALUES ('c0', 1)").execute()))).toBe(true)
    })

    test('[D5] a statement with RETURNING returns its rows and runs to its end', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (k)')
      expect(connection.prepare('INSERT INTO t VALUES (?), (?) RETURNING k').all(1, 2)).toEqual([[1], [2]])
      expect(connection.prepare('SELECT count(*) FROM t').get()).toEqual([2])
    })
  })

  describe('misuse', () => {
    test.each<[string, unknown]>([
      ['undefined', undefined],
      ['boolean', true],
      ['bigint', 1n],
      ['symbol', Symbol('s')],
      ['function', () => 1],
      ['Date', new Date()],
      ['array', [1]],
      ['object', { value: 1 }],
      ['ArrayBuffer', new ArrayBuffer(2)],
      ['DataView', new DataView(new ArrayBuffer(2))],
      ['Float64Array', new Float64Array(1)],
    ])('[V2] a bind of type %s is refused by get, all, run and execute, and nothing is applied', (_, value) => {
      const connection = memory()
      connection.exec('CREATE TABLE t (a, b)')
      const select = connection.prepare('SELECT ?')
      const insert = connection.prepare('INSERT INTO t VALUES (1, ?)')
      const writes = [() => insert.run(value as Bind), () => insert.execute(value as Bind)]
      for (const action of [() => select.get(value as Bind), () => select.all(value as Bind), ...writes]) {
        const error = caught(action)
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toMatch(/^Expected bind 1 to be string, number, null or Uint8Array, got /)
      }
      expect(connection.prepare('SELECT count(*) FROM t').get()).toEqual([0])
    })

    test('[D5] too few and too many binds are refused', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (a, b)')
      const insert = connection.prepare('INSERT INTO t VALUES (?, ?)')
      for (const binds of [[], [1], [1, 2, 3]]) {
        expect(caught(() => insert.run(...binds)).message).toBe(`Expected 2 binds, got ${binds.length}`)
        expect(caught(() => insert.execute(...binds)).message).toBe(`Expected 2 binds, got ${binds.length}`)
      }
      expect(connection.prepare('SELECT count(*) FROM t').get()).toEqual([0])
    })

    test('[D5] statements that return rows refuse run, others get and all, without running', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (a)')
      expect(() => connection.prepare('INSERT INTO t VALUES (1) RETURNING a').run()).toThrow(/^Expected get or all/)
      expect(() => connection.prepare('INSERT INTO t VALUES (1) RETURNING a').execute()).toThrow(/^Expected get or all/)
      const insert = connection.prepare('INSERT INTO t VALUES (1)')
      expect(() => insert.get()).toThrow(/^Expected run/)
      expect(() => insert.all()).toThrow(/^Expected run/)
      expect(connection.prepare('SELECT count(*) FROM t').get()).toEqual([0])
    })

    test.each(['?1', ':name', '@name', '$name'])('[D5] the parameter %s is refused', (parameter) => {
      expect(() => memory().prepare(`SELECT ${parameter}`)).toThrow(`Expected sql to have only ? as parameters, got "${parameter}"`)
    })

    test('[D5] prepare takes exactly one statement; what follows it may only be space, comments and semicolons', () => {
      const connection = memory()
      for (const sql of ['SELECT 1; SELECT 2', 'SELECT 1; x']) expect(() => connection.prepare(sql), sql).toThrow()
      for (const sql of ['', ' ', '-- only a comment', ';']) expect(() => connection.prepare(sql), sql).toThrow()
      for (const sql of ['SELECT 1;', 'SELECT 1 ; -- end', '/* start */ SELECT 1;\n/* end */']) {
        expect(connection.prepare(sql).get(), sql).toEqual([1])
      }
    })
  })

  describe('transactions and lifetime', () => {
    test('[C1] inTransaction follows BEGIN, SAVEPOINT, COMMIT and ROLLBACK', () => {
      const connection = memory()
      expect(connection.inTransaction).toBe(false)
      connection.exec('BEGIN IMMEDIATE')
      expect(connection.inTransaction).toBe(true)
      connection.exec('SAVEPOINT s; ROLLBACK TO s; RELEASE s')
      expect(connection.inTransaction).toBe(true)
      connection.exec('ROLLBACK')
      expect(connection.inTransaction).toBe(false)
      connection.exec('SAVEPOINT s')
      expect(connection.inTransaction).toBe(true)
      connection.close()
      expect(connection.inTransaction).toBe(false)
    })

    test('[D5] close is idempotent and rolls back what is open', () => {
      const connection = open()
      connection.exec('CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1)')
      expect(connection.isOpen).toBe(true)
      connection.close()
      connection.close()
      expect(connection.isOpen).toBe(false)
      expect(open().prepare('SELECT count(*) FROM t').get()).toEqual([0])
    })

    test('[D5] use after close is STORE_CLOSED: the connection, and statements prepared before', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (a)')
      const select = connection.prepare('SELECT 1')
      const insert = connection.prepare('INSERT INTO t VALUES (?)')
      connection.close()
      const uses = [
        () => connection.prepare('SELECT 1'),
        () => connection.exec('SELECT 1'),
        () => select.get(),
        () => select.all(),
        () => insert.run(1),
      ]
      for (const use of uses) expect(caughtHoldfast(use).code).toBe('STORE_CLOSED')
    })

    test('[D5] two connections of one driver name the same library, with its version', () => {
      const first = memory()
      expect(first.library).toBe(memory().library)
      expect(first.library.startsWith(`${name} ${driver.sqliteVersion}`)).toBe(true)
      expect(first.prepare('SELECT sqlite_version()').get()).toEqual([driver.sqliteVersion])
    })

    test('[D5] a statement that failed can be used again', () => {
      const connection = memory()
      connection.exec('CREATE TABLE t (k PRIMARY KEY)')
      const insert = connection.prepare('INSERT INTO t VALUES (?)')
      insert.run('a')
      expect(isUniqueViolation(caught(() => insert.run('a')))).toBe(true)
      expect(insert.run('b')).toBe(1)
    })
  })

  describe('errors', () => {
    test('[C11] a lock held by another connection is STORE_BUSY at once, retryable, and nothing is applied', () => {
      const [first, second] = [open(), open()]
      applyPragmas(first, 'writer', file)
      applyPragmas(second, 'writer', file)
      first.exec('CREATE TABLE t (a); BEGIN IMMEDIATE')
      for (const action of [() => second.exec('BEGIN IMMEDIATE'), () => second.prepare('INSERT INTO t VALUES (1)').run()]) {
        const startedAt = performance.now()
        const error = caughtHoldfast(action)
        expect(performance.now() - startedAt).toBeLessThan(1_000)
        expect(error).toMatchObject({ code: 'STORE_BUSY', traits: { retryable: true } })
        expect(sqliteCode(error)).toBe('SQLITE_BUSY')
        expect(error.message).toContain('SQLITE_BUSY')
        expect(isBusy(error)).toBe(true)
      }
      first.exec('COMMIT')
      expect(second.prepare('INSERT INTO t VALUES (1)').run()).toBe(1)
    })

    test('[P7] a fresh connection does not wait for a lock either', () => {
      open().exec('CREATE TABLE t (a); BEGIN EXCLUSIVE')
      const second = open()
      const startedAt = performance.now()
      expect(caughtHoldfast(() => second.prepare('SELECT * FROM t').all()).code).toBe('STORE_BUSY')
      expect(performance.now() - startedAt).toBeLessThan(1_000)
    })

    test('[C11] an outdated read transaction that wants to write is STORE_BUSY by SQLITE_BUSY_SNAPSHOT', () => {
      const [first, second] = [open(), open()]
      applyPragmas(first, 'writer', file)
      applyPragmas(second, 'writer', file)
      first.exec('CREATE TABLE t (a)')
      second.exec('BEGIN')
      second.prepare('SELECT * FROM t').all()
      first.exec('INSERT INTO t VALUES (1)')
      const error = caughtHoldfast(() => second.exec('INSERT INTO t VALUES (2)'))
      expect([error.code, sqliteCode(error), isBusy(error)]).toEqual(['STORE_BUSY', 'SQLITE_BUSY_SNAPSHOT', true])
    })

    test.each([
      ['UNIQUE', 'CREATE TABLE t (a UNIQUE)', 'SQLITE_CONSTRAINT_UNIQUE'],
      ['PRIMARY KEY', 'CREATE TABLE t (a TEXT PRIMARY KEY)', 'SQLITE_CONSTRAINT_PRIMARYKEY'],
      ['INTEGER PRIMARY KEY', 'CREATE TABLE t (a INTEGER PRIMARY KEY)', 'SQLITE_CONSTRAINT_PRIMARYKEY'],
    ])('[V3] a violated %s stays recognisable and is not mistaken for trouble with the disk', (_, create, code) => {
      const connection = memory()
      connection.exec(create)
      const insert = connection.prepare('INSERT INTO t VALUES (?)')
      insert.run(1)
      const error = caught(() => insert.run(1))
      expect(isHoldfastError(error)).toBe(false)
      expect([isUniqueViolation(error), isBusy(error), sqliteCode(error)]).toEqual([true, false, code])
    })

    test('[V3] other constraints and bad SQL are plain errors that name the result code', () => {
      const connection = memory()
      connection.exec('CREATE TABLE p (a PRIMARY KEY); CREATE TABLE t (a NOT NULL CHECK (a <> 1), b REFERENCES p (a))')
      const failures: readonly [string, string][] = [
        ['INSERT INTO t VALUES (NULL, NULL)', 'SQLITE_CONSTRAINT_NOTNULL'],
        ['INSERT INTO t VALUES (1, NULL)', 'SQLITE_CONSTRAINT_CHECK'],
        ['INSERT INTO t VALUES (2, 3)', 'SQLITE_CONSTRAINT_FOREIGNKEY'],
        ['SELEC 1', 'SQLITE_ERROR'],
        ['SELECT "not a column"', 'SQLITE_ERROR'],
        ['SELECT * FROM absent', 'SQLITE_ERROR'],
      ]
      for (const [sql, code] of failures) {
        const error = caught(() => connection.exec(sql))
        expect([isHoldfastError(error), isUniqueViolation(error), sqliteCode(error)], sql).toEqual([false, false, code])
        expect(error.message).toContain(code)
        expect(error.cause).toBeInstanceOf(Error)
      }
    })

    test('[U5] a full database is DISK_FULL, nothing partial stays, and work goes on when there is room', () => {
      const connection = open()
      applyPragmas(connection, 'writer', file)
      connection.exec('CREATE TABLE t (a TEXT); PRAGMA max_page_count = 4')
      const insert = connection.prepare('INSERT INTO t VALUES (?)')
      const error = caughtHoldfast(() => insert.run('x'.repeat(100_000)))
      expect(error).toMatchObject({ code: 'DISK_FULL', details: { file } })
      expect(error.message).toContain('SQLITE_FULL')
      expect(connection.prepare('SELECT count(*) FROM t').get()).toEqual([0])
      connection.exec('PRAGMA max_page_count = 1000')
      expect(insert.run('x'.repeat(100_000))).toBe(1)
    })

    test('[X6] a damaged file is STORE_CORRUPT when it is read, with the result code as the reason', () => {
      const connection = open()
      connection.exec('CREATE TABLE t (a TEXT)')
      connection.exec('INSERT INTO t SELECT hex(randomblob(2000)) FROM (VALUES (1), (2), (3))')
      connection.close()
      const bytes = readFileSync(file)
      bytes.fill(0xff, 4096)
      writeFileSync(file, bytes)
      const error = caughtHoldfast(() => open().prepare('SELECT count(a) FROM t').get())
      expect(error).toMatchObject({ code: 'STORE_CORRUPT', details: { file } })
      expect(error.details).toMatchObject({ reason: expect.stringMatching(/^SQLITE_CORRUPT/) })
    })

    test('[X6] a file that is no database is STORE_CORRUPT by SQLITE_NOTADB, and is left as it was', () => {
      const text = 'not a database at all '.repeat(100)
      writeFileSync(file, text)
      const error = caughtHoldfast(() => applyPragmas(open(), 'writer', file))
      expect(error).toMatchObject({ code: 'STORE_CORRUPT', details: { file, reason: 'SQLITE_NOTADB' } })
      expect(readFileSync(file, 'utf8')).toBe(text)
    })

    test('[X6] a truncated file is STORE_CORRUPT', () => {
      const connection = open()
      connection.exec('CREATE TABLE t (a TEXT); CREATE TABLE u (a TEXT)')
      connection.close()
      truncateSync(file, 5000)
      expect(caughtHoldfast(() => open().prepare('SELECT * FROM u').all()).code).toBe('STORE_CORRUPT')
    })

    test('[X6] a missing file is STORE_ABSENT and is not created, for writing or reading', () => {
      for (const options of [{ create: false }, { create: false, readOnly: true }]) {
        const error = caughtHoldfast(() => open(options))
        expect(error).toMatchObject({ code: 'STORE_ABSENT', details: { directory } })
        expect(error.message).toContain('SQLITE_CANTOPEN')
      }
      expect(() => readFileSync(file)).toThrow('ENOENT')
    })

    test('[X6] a missing directory, a file in its place, and a directory in place of the file are DIRECTORY_INVALID', () => {
      const parentless = join(directory, 'absent', 'store.db')
      expect(caughtHoldfast(() => open({ file: parentless })).code).toBe('DIRECTORY_INVALID')
      writeFileSync(join(directory, 'plain'), '')
      expect(caughtHoldfast(() => open({ file: join(directory, 'plain', 'store.db') })).code).toBe('DIRECTORY_INVALID')
      mkdirSync(file)
      expect(caughtHoldfast(() => open()).code).toBe('DIRECTORY_INVALID')
    })

    test('[M4] a read-only connection reads, refuses writing as STORE_READ_ONLY, and changes no byte', () => {
      const writer = open()
      writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
      writer.close()
      const before = readFileSync(file)
      const reader = open({ readOnly: true })
      expect(reader.prepare('SELECT a FROM t').all()).toEqual([[1]])
      const error = caughtHoldfast(() => reader.exec('INSERT INTO t VALUES (2)'))
      expect([error.code, sqliteCode(error)]).toEqual(['STORE_READ_ONLY', 'SQLITE_READONLY'])
      reader.close()
      expect(readFileSync(file)).toEqual(before)
    })

    test('[M4] immutable reads a WAL file and creates nothing beside it; a driver that cannot says so', () => {
      const writer = open()
      applyPragmas(writer, 'writer', file)
      writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
      writer.close()
      const before = readdirSync(directory)
      if (name === 'better-sqlite3') {
        expect(caughtHoldfast(() => open({ immutable: true }))).toMatchObject({ code: 'DRIVER_UNAVAILABLE', details: { driver: name } })
        return
      }
      const reader = open({ immutable: true })
      expect(reader.prepare('SELECT a FROM t').all()).toEqual([[1]])
      expect(caughtHoldfast(() => reader.exec('INSERT INTO t VALUES (2)')).code).toBe('STORE_READ_ONLY')
      expect(readdirSync(directory)).toEqual(before)
    })

    test('[X6] paths with spaces, percent signs, question marks, hashes and unicode name the file they say', () => {
      const odd = join(directory, 'a b%20?c=d#e&ü漢.db')
      const connection = open({ file: odd })
      connection.exec('CREATE TABLE t (a)')
      connection.close()
      expect(readFileSync(odd).subarray(0, 15).toString()).toBe('SQLite format 3')
      expect(open({ file: odd, create: false }).prepare('SELECT * FROM t').all()).toEqual([])
    })

    test.runIf(isRoot)('[X6] a file or directory this user may not use is PERMISSION, naming user and owner (needs root)', () => {
      const connection = open()
      connection.exec('CREATE TABLE t (a)')
      connection.close()
      chmodSync(tmpdir(), 0o711)
      chmodSync(directory, 0o755)
      chmodSync(file, 0o600)
      const unreadable = asNobody(name, file)
      expect(unreadable).toMatchObject({ code: 'PERMISSION', details: { path: file } })
      expect(unreadable.details.reason).toContain('running as uid 65534, owner uid 0, mode 0600')
      chmodSync(file, 0o644)
      expect(asNobody(name, file)).toMatchObject({ code: 'PERMISSION', details: { path: file } })
      chmodSync(directory, 0o700)
      expect(asNobody(name, file)).toMatchObject({ code: 'PERMISSION', details: { path: directory } })
      chmodSync(tmpdir(), 0o700)
      expect(asNobody(name, file)).toMatchObject({ code: 'PERMISSION', details: { path: directory } })
    })
  })
})

/** What opening and writing `file` fails with in a child process that has given up root after it loaded the driver. */
function asNobody(
  name: DriverName,
  file: string,
): { readonly code: string; readonly details: { readonly path: string; readonly reason: string } } {
  const load = JSON.stringify(new URL('load-driver.ts', import.meta.url).href)
  const script = `
    const { loadDriver } = await import(${load})
    const driver = await loadDriver(${JSON.stringify(name)})
    process.setgid(65534); process.setuid(65534)
    try {
      const connection = driver.open({ file: ${JSON.stringify(file)} })
      connection.exec('INSERT INTO t VALUES (1)')
    } catch (error) { console.log(JSON.stringify(error)) }`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }))
}
