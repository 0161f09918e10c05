import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canMount } from '../../test/support/privileges.ts'
import { HoldfastError, isHoldfastError } from '../base/error.ts'
import type { DriverName } from './driver.ts'
import { resultCodeName } from './result-codes.ts'
import { isBusy, isUniqueViolation, mapFileError, mapSqliteError, sqliteCode } from './sqlite-error.ts'

let directory: string
let file: string

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'errors-')))
  file = join(directory, 'store.db')
  writeFileSync(file, '')
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

describe('result codes', () => {
  test('[X6] every result code of the SQLite header has its name', () => {
    const header = join(dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json')), 'deps/sqlite3/sqlite3.h')
    const codes = new Map<string, number>()
    for (const [, name, value] of readFileSync(header, 'utf8').matchAll(/^#define (SQLITE_[A-Z]+) +(\d+) +\/\*/gm))
      codes.set(name!, Number(value))
    const primary = [...codes].slice(0, 29)
    expect(primary.at(-1)).toEqual(['SQLITE_WARNING', 28])
    let extended = 0
    for (const [, name, base, high] of readFileSync(header, 'utf8').matchAll(
      /^#define (SQLITE_\w+) +\((SQLITE_[A-Z]+) *\| *\((\d+)<<8\)\)/gm,
    )) {
      if (base === 'SQLITE_OK') continue
      expect(resultCodeName(codes.get(base!)! | (Number(high) << 8)), name).toBe(name)
      extended += 1
    }
    for (const [name, code] of primary) expect(resultCodeName(code)).toBe(name)
    expect(extended).toBeGreaterThan(75)
  })

  test('[X6] codes newer than the table keep their number', () => {
    expect(resultCodeName(10 | (99 << 8))).toBe('SQLITE_IOERR_99')
    expect(resultCodeName(4 | (1 << 8))).toBe('SQLITE_ABORT_1')
    expect(resultCodeName(77)).toBe('SQLITE_77')
  })
})

/** The two shapes a driver gives the same failure in. */
function shapes(name: string, errcode: number): Error[] {
  const { SqliteError } = createRequire(import.meta.url)('better-sqlite3') as { SqliteError: new (message: string, code: string) => Error }
  return [Object.assign(new Error('it failed'), { code: 'ERR_SQLITE_ERROR', errcode }), new SqliteError('it failed', name)]
}

describe('mapSqliteError', () => {
  test.each<[string, number, string]>([
    ['SQLITE_BUSY', 5, 'STORE_BUSY'],
    ['SQLITE_BUSY_RECOVERY', 261, 'STORE_BUSY'],
    ['SQLITE_BUSY_SNAPSHOT', 517, 'STORE_BUSY'],
    ['SQLITE_PROTOCOL', 15, 'STORE_BUSY'],
    ['SQLITE_FULL', 13, 'DISK_FULL'],
    ['SQLITE_READONLY', 8, 'STORE_READ_ONLY'],
    ['SQLITE_READONLY_CANTINIT', 1288, 'PERMISSION'],
    ['SQLITE_READONLY_DIRECTORY', 1544, 'PERMISSION'],
    ['SQLITE_READONLY_DBMOVED', 1032, 'STORE_IO'],
    ['SQLITE_IOERR', 10, 'STORE_IO'],
    ['SQLITE_IOERR_FSYNC', 1034, 'STORE_IO'],
    ['SQLITE_IOERR_WRITE', 778, 'STORE_IO'],
    ['SQLITE_IOERR_CORRUPTFS', 8458, 'STORE_IO'],
    ['SQLITE_IOERR_DATA', 8202, 'STORE_CORRUPT'],
    ['SQLITE_CORRUPT', 11, 'STORE_CORRUPT'],
    ['SQLITE_CORRUPT_INDEX', 779, 'STORE_CORRUPT'],
    ['SQLITE_NOTADB', 26, 'STORE_CORRUPT'],
    ['SQLITE_CANTOPEN', 14, 'STORE_IO'],
  ])('[X6] %s (%d) becomes %s from either driver, names the result code and keeps the cause', (name, errcode, code) => {
    for (const error of shapes(name, errcode)) {
      const mapped = mapSqliteError(error, file)
      expect(mapped).toMatchObject({ name: 'HoldfastError', code, cause: error })
      expect(mapped.message).toContain(name)
      expect(sqliteCode(mapped)).toBe(name)
      const { details } = mapped as HoldfastError
      if ('reason' in details) expect(details.reason).toMatch(new RegExp(`^${name}\\b`))
    }
  })

  test.each<[string, number]>([
    ['SQLITE_ERROR', 1],
    ['SQLITE_LOCKED', 6],
    ['SQLITE_NOMEM', 7],
    ['SQLITE_IOERR_NOMEM', 3082],
    ['SQLITE_INTERRUPT', 9],
    ['SQLITE_TOOBIG', 18],
    ['SQLITE_CONSTRAINT_UNIQUE', 2067],
    ['SQLITE_CONSTRAINT_CHECK', 275],
    ['SQLITE_MISUSE', 21],
  ])('[X6] %s (%d) stays a plain error that names it', (name, errcode) => {
    for (const error of shapes(name, errcode)) {
      const mapped = mapSqliteError(error, file)
      expect(isHoldfastError(mapped)).toBe(false)
      expect(mapped).toMatchObject({ cause: error, message: `SQLite refused a statement on ${file}: ${name}, it failed` })
    }
  })

  test('[X6] only lock errors are busy, only UNIQUE, PRIMARY KEY and ROWID are unique violations', () => {
    const isOf = (test: (error: unknown) => boolean): string[] =>
      Array.from({ length: 29 }, (_, primary) => Array.from({ length: 14 }, (_, high) => primary | (high << 8)))
        .flat()
        .filter((errcode) => test(shapes('', errcode)[0]))
        .map((errcode) => resultCodeName(errcode))
        .filter((name) => !/_\d+$/.test(name))
    expect(isOf(isBusy)).toEqual(['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_TIMEOUT', 'SQLITE_PROTOCOL'])
    expect(isOf(isUniqueViolation)).toEqual(['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_ROWID'])
    for (const other of [undefined, null, 'SQLITE_BUSY', new Error('SQLITE_BUSY'), { code: 'SQLITE_BUSY' }]) {
      expect([isBusy(other), isUniqueViolation(other), sqliteCode(other)]).toEqual([false, false, undefined])
    }
  })

  test('[X6] a mapped error, misuse and an unknown error come back as they are', () => {
    const mapped = new HoldfastError('QUEUE_FULL', 'Full.', { limit: 1 })
    expect(mapSqliteError(mapped, file)).toBe(mapped)
    const misuse = new TypeError('Expected 1 binds, got 2')
    expect(mapSqliteError(misuse, file)).toBe(misuse)
    expect(mapSqliteError('a string', file)).toMatchObject({ cause: 'a string' })
    const unsafe = new HoldfastError('SQLITE_UNSAFE_VERSION', 'Old.', { version: '3.0.0', driver: 'd' })
    expect(sqliteCode(unsafe)).toBeUndefined()
  })
})

describe('mapFileError', () => {
  function failure(action: () => unknown): Error {
    try {
      action()
    } catch (error) {
      return error as Error
    }
    throw new Error('Expected the action to throw')
  }

  test.runIf(process.platform === 'linux')('[U5] a write that finds no space is DISK_FULL (/dev/full)', () => {
    const descriptor = openSync('/dev/full', 'w')
    const error = failure(() => writeSync(descriptor, 'x'))
    closeSync(descriptor)
    expect(mapFileError(error, file)).toMatchObject({ code: 'DISK_FULL', details: { file }, cause: error })
  })

  test('[X6] real errors of the file system become typed ones', () => {
    const loop = join(directory, 'loop')
    symlinkSync(loop, loop)
    const failures: readonly [Error, string, string][] = [
      [failure(() => openSync(join(file, 'below'), 'r')), 'DIRECTORY_INVALID', 'ENOTDIR'],
      [failure(() => openSync(loop, 'r')), 'DIRECTORY_INVALID', 'ELOOP'],
      [failure(() => openSync(join(directory, 'n'.repeat(300)), 'r')), 'DIRECTORY_INVALID', 'ENAMETOOLONG'],
      [failure(() => mkdirSync(file)), 'DIRECTORY_INVALID', 'EEXIST'],
      [failure(() => openSync(join(directory, 'absent'), 'r')), 'STORE_IO', 'ENOENT'],
      [failure(() => readFileSync(directory)), 'STORE_IO', 'EISDIR'],
    ]
    for (const [error, code, reason] of failures) {
      expect(mapFileError(error, file), reason).toMatchObject({ code, details: { reason }, cause: error })
    }
  })

  test.each([
    ['EACCES', 'PERMISSION'],
    ['EPERM', 'PERMISSION'],
    ['EROFS', 'PERMISSION'],
    ['EDQUOT', 'DISK_FULL'],
    ['ENOSPC', 'DISK_FULL'],
    ['EMFILE', 'STORE_IO'],
    ['ENFILE', 'STORE_IO'],
    ['EIO', 'STORE_IO'],
    ['EBUSY', 'STORE_IO'],
  ])('[X6] %s becomes %s', (errno, code) => {
    const error = Object.assign(new Error(`${errno}: it failed`), { code: errno })
    const mapped = mapFileError(error, file)
    expect(mapped).toMatchObject({ code, cause: error })
    expect(mapped.message).toContain(errno)
  })

  test('[X6] PERMISSION names the user and the owner of the path', () => {
    const mapped = mapFileError(Object.assign(new Error('no'), { code: 'EACCES' }), file) as HoldfastError<'PERMISSION'>
    expect(mapped.details.path).toBe(file)
    expect(mapped.details.reason).toMatch(/^EACCES; running as uid \d+, owner uid \d+, mode 0[0-7]{3}$/)
  })

  test('[X6] what is no error of the file system comes back as it is', () => {
    const errors = [
      new TypeError('misuse'),
      Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }),
      new HoldfastError('TX_ENDED', 'x', { method: 'y' }),
    ]
    for (const error of errors) expect(mapFileError(error, file)).toBe(error)
  })
})

describe.runIf(canMount)('a file system that really is full (needs root that may mount)', () => {
  test.each<DriverName>(['node:sqlite', 'better-sqlite3'])(
    '[U5] %s: writing, checkpointing and opening are DISK_FULL, reading goes on, and room ends it',
    (driver) => {
      const mountPoint = join(directory, 'small')
      mkdirSync(mountPoint, { recursive: true })
      const child = JSON.stringify(new URL('../../test/support/full-disk.ts', import.meta.url).href)
      const script = `const { fillAndRefill } = await import(${child}); console.log(JSON.stringify(await fillAndRefill(process.argv[1], process.argv[2])))`
      const shell = 'mount -t tmpfs -o size=1m none "$1" && exec "$0" --input-type=module --eval "$2" "$1" "$3"'
      const output = execFileSync('unshare', ['--mount', 'sh', '-c', shell, process.execPath, mountPoint, script, driver], {
        encoding: 'utf8',
      })
      expect(JSON.parse(output)).toEqual({
        createWhenFull: ['DISK_FULL', 'SQLITE_FULL'],
        create: ['done'],
        insertWhenFull: ['DISK_FULL', 'SQLITE_FULL'],
        rowsWhenFull: [[1]],
        checkpointWhenFull: ['DISK_FULL', 'SQLITE_FULL'],
        insert: ['done'],
        rows: [[2]],
        openWhenFull: ['DISK_FULL', 'SQLITE_IOERR_SHMSIZE'],
        open: ['done'],
      })
    },
  )
})
