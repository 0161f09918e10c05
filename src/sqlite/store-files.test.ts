import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HoldfastError, isHoldfastError } from '../base/error.ts'
import { canMount, hasStrace, isRoot } from '../../test/support/privileges.ts'
import { unsafeFileSystem } from './file-system.ts'
import { loadDriver } from './load-driver.ts'
import { applyPragmas } from './pragmas.ts'
import { type PrepareOptions, prepareDirectory, syncDirectory } from './store-files.ts'

const writing: PrepareOptions = { readOnly: false, allowUnsafeFilesystem: false }
const reading: PrepareOptions = { readOnly: true, allowUnsafeFilesystem: false }

let parent: string

beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'files-')))
})

afterEach(() => {
  rmSync(parent, { recursive: true })
})

const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

function refusal(path: string, options: PrepareOptions = writing): HoldfastError {
  try {
    prepareDirectory(path, options)
  } catch (error) {
    if (isHoldfastError(error)) return error
    throw error
  }
  throw new Error(`Expected ${path} to be refused`)
}

describe('creating', () => {
  test('[U8] a new store is a 0700 directory with an empty 0600 store.db; its identity is that of the file', () => {
    const directory = join(parent, 'state')
    const files = prepareDirectory(directory, writing)
    const { dev, ino, size } = statSync(join(directory, 'store.db'))
    expect(files).toEqual({
      directory,
      database: join(directory, 'store.db'),
      wal: join(directory, 'store.db-wal'),
      identity: `${dev}:${ino}`,
    })
    expect([mode(directory), mode(files.database), size]).toEqual(['700', '600', 0])
    expect(readdirSync(directory)).toEqual(['store.db'])
    expect(prepareDirectory(directory, writing)).toEqual(files)
  })

  test.each([0o000, 0o077, 0o022, 0o277])('[U8] the modes hold under umask %o, those of -wal and -shm too', async (umask) => {
    const directory = join(parent, 'state')
    const before = process.umask(umask)
    try {
      for (const name of ['node:sqlite', 'better-sqlite3'] as const) {
        const { database } = prepareDirectory(directory, writing)
        const connection = (await loadDriver(name)).open({ file: database })
        applyPragmas(connection, 'writer', database)
        connection.exec('CREATE TABLE t (a)')
        const modes = readdirSync(directory).map((entry) => [entry, mode(join(directory, entry))])
        connection.close()
        expect(modes).toEqual([
          ['store.db', '600'],
          ['store.db-shm', '600'],
          ['store.db-wal', '600'],
        ])
        expect(mode(directory)).toBe('700')
        rmSync(directory, { recursive: true })
      }
    } finally {
      process.umask(before)
    }
  })

  test('[U8] parents that are missing get the default mode, only the store is private', () => {
    const before = process.umask(0o022)
    try {
      prepareDirectory(join(parent, 'a', 'b', 'state'), writing)
    } finally {
      process.umask(before)
    }
    expect([mode(join(parent, 'a')), mode(join(parent, 'a', 'b')), mode(join(parent, 'a', 'b', 'state'))]).toEqual(['755', '755', '700'])
  })

  test('[U8] an existing directory that others may read keeps its mode; the files in it are private', () => {
    const directory = join(parent, 'state')
    mkdirSync(directory)
    chmodSync(directory, 0o755)
    prepareDirectory(directory, writing)
    expect([mode(directory), mode(join(directory, 'store.db'))]).toEqual(['755', '600'])
  })

  test('[D6] the real path is used: a relative path and a link to the directory give the same files', () => {
    const directory = join(parent, 'state')
    const files = prepareDirectory(directory, writing)
    symlinkSync(directory, join(parent, 'link'))
    expect(prepareDirectory(join(parent, 'link'), writing)).toEqual(files)
    expect(prepareDirectory(relative(process.cwd(), directory), writing)).toEqual(files)
    expect(prepareDirectory(`${directory}/../state/`, writing)).toEqual(files)
  })

  test('[D6] an existing store.db is left byte by byte, with its time', () => {
    const directory = join(parent, 'state')
    const { database } = prepareDirectory(directory, writing)
    writeFileSync(database, 'what was here')
    const before = statSync(database, { bigint: true })
    prepareDirectory(directory, writing)
    const after = statSync(database, { bigint: true })
    expect([after.mtimeNs, after.ctimeNs, after.atimeNs]).toEqual([before.mtimeNs, before.ctimeNs, before.atimeNs])
    expect(readFileSync(database, 'utf8')).toBe('what was here')
  })

  test.runIf(hasStrace)('[D6] an existing store.db is never opened (needs strace)', () => {
    const directory = join(parent, 'state')
    prepareDirectory(directory, writing)
    const script = `
      const { prepareDirectory } = await import(${JSON.stringify(new URL('store-files.ts', import.meta.url).href)})
      prepareDirectory(${JSON.stringify(directory)}, { readOnly: false, allowUnsafeFilesystem: false })
      prepareDirectory(${JSON.stringify(directory)}, { readOnly: true, allowUnsafeFilesystem: false })`
    const trace = join(parent, 'trace')
    execFileSync('strace', [
      '-f',
      '-e',
      'trace=open,openat,openat2,creat',
      '-o',
      trace,
      process.execPath,
      '--input-type=module',
      '--eval',
      script,
    ])
    const opens = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => line.includes('store.db"'))
    expect(opens).toHaveLength(1)
    expect(opens[0]).toMatch(/O_CREAT\|O_EXCL.* = -1 EEXIST/)
  })

  test('[M1] eight processes that create the same store at once agree on one file', async () => {
    const directory = join(parent, 'deep', 'er', 'state')
    const script = `
      const { prepareDirectory } = await import(${JSON.stringify(new URL('store-files.ts', import.meta.url).href)})
      process.stdout.write('ready\\n')
      process.stdin.once('data', () => {
        console.log(prepareDirectory(${JSON.stringify(directory)}, { readOnly: false, allowUnsafeFilesystem: false }).identity)
        process.exit()
      })`
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    await Promise.all(children.map(async (child) => once(child.stdout, 'readable')))
    const outputs = children.map(async (child) => text(child.stdout))
    for (const child of children) child.stdin.write('go\n')
    const identities = (await Promise.all(outputs)).map((output) => output.split('\n')[1])
    const { dev, ino } = statSync(join(directory, 'store.db'))
    expect(identities).toEqual(Array.from({ length: 8 }, () => `${dev}:${ino}`))
    expect(readdirSync(directory)).toEqual(['store.db'])
  })
})

describe('refusing', () => {
  test('[X6] a file in place of the directory, or above it, is DIRECTORY_INVALID', () => {
    const file = join(parent, 'file')
    writeFileSync(file, 'mine')
    expect(refusal(file)).toMatchObject({ code: 'DIRECTORY_INVALID', details: { directory: file, reason: 'it is not a directory' } })
    expect(refusal(join(file, 'state')).code).toBe('DIRECTORY_INVALID')
    expect(refusal(join(file, 'a', 'state')).code).toBe('DIRECTORY_INVALID')
    expect(refusal(file, reading).code).toBe('DIRECTORY_INVALID')
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('[X6] a link to nothing, and one to itself, are DIRECTORY_INVALID', () => {
    const [dangling, loop] = [join(parent, 'dangling'), join(parent, 'loop')]
    symlinkSync(join(parent, 'absent'), dangling)
    symlinkSync(loop, loop)
    expect(refusal(dangling)).toMatchObject({ code: 'DIRECTORY_INVALID', details: { reason: 'it is a link to nothing' } })
    expect(refusal(loop).code).toBe('DIRECTORY_INVALID')
    expect(existsSync(join(parent, 'absent'))).toBe(false)
  })

  test.each([0o770, 0o707, 0o777, 0o1777])('[U8] a directory of mode %o, in which others may write, is PERMISSION', (bits) => {
    const directory = join(parent, 'state')
    mkdirSync(directory)
    chmodSync(directory, bits)
    expect(refusal(directory)).toMatchObject({ code: 'PERMISSION', details: { path: directory } })
    expect(readdirSync(directory)).toEqual([])
  })

  test.each(['store.db', 'plain'])('[X6] a store.db that is a symbolic link (to %s) is refused and not followed', (target) => {
    const directory = join(parent, 'state')
    mkdirSync(directory, { mode: 0o700 })
    symlinkSync(join(parent, target), join(directory, 'store.db'))
    expect(refusal(directory)).toMatchObject({ code: 'DIRECTORY_INVALID', details: { reason: 'store.db is a symbolic link' } })
    expect(existsSync(join(parent, target))).toBe(false)
  })

  test('[X6] a store.db with a second hard link is refused, also for reading', () => {
    const { database, directory } = prepareDirectory(join(parent, 'state'), writing)
    linkSync(database, join(parent, 'other.db'))
    for (const options of [writing, reading]) {
      expect(refusal(directory, options)).toMatchObject({ code: 'DIRECTORY_INVALID', details: { reason: 'store.db has 2 hard links' } })
    }
    rmSync(join(parent, 'other.db'))
    expect(prepareDirectory(directory, writing).database).toBe(database)
  })

  test('[X6] a store.db that is a directory is refused', () => {
    mkdirSync(join(parent, 'state', 'store.db'), { recursive: true })
    chmodSync(join(parent, 'state'), 0o700)
    expect(refusal(join(parent, 'state'))).toMatchObject({
      code: 'DIRECTORY_INVALID',
      details: { reason: 'store.db is not a regular file' },
    })
  })

  test.runIf(isRoot)('[X6] a directory, store.db, -wal or -shm of another user is PERMISSION naming both (needs root)', () => {
    const { database, directory } = prepareDirectory(join(parent, 'state'), writing)
    for (const suffix of ['-wal', '-shm']) writeFileSync(`${database}${suffix}`, '')
    for (const path of [directory, database, `${database}-wal`, `${database}-shm`]) {
      chownSync(path, 12_345, 12_345)
      const error = refusal(directory)
      expect(error).toMatchObject({ code: 'PERMISSION', details: { path } })
      expect(error.message).toContain('belongs to uid 12345 and this process runs as uid 0')
      expect(prepareDirectory(directory, reading).database).toBe(database)
      chownSync(path, 0, 0)
    }
  })

  test.runIf(isRoot)('[X6] a directory this user may not write or enter is PERMISSION (needs root, to give it up)', () => {
    chmodSync(tmpdir(), 0o711)
    chmodSync(parent, 0o755)
    expect(asNobody(join(parent, 'state'))).toMatchObject({ code: 'PERMISSION' })
    const directory = join(parent, 'own')
    mkdirSync(directory)
    chownSync(directory, 65_534, 65_534)
    for (const [bits, code] of [
      [0o700, 'done'],
      [0o500, 'PERMISSION'],
      [0o600, 'PERMISSION'],
      [0o000, 'PERMISSION'],
    ] as const) {
      chmodSync(directory, bits)
      expect(asNobody(directory).code, bits.toString(8)).toBe(code)
    }
    chmodSync(parent, 0o700)
    expect(asNobody(directory).code).toBe('PERMISSION')
    chmodSync(tmpdir(), 0o700)
  })

  test.runIf(canMount)('[X6] a read-only file system is PERMISSION for writing and open for reading (needs root, for a mount)', () => {
    const { directory } = prepareDirectory(join(parent, 'state'), writing)
    const script = `
      const { prepareDirectory } = await import(${JSON.stringify(new URL('store-files.ts', import.meta.url).href)})
      for (const path of [process.argv[1], process.argv[1] + '/new']) {
        try { prepareDirectory(path, { readOnly: false, allowUnsafeFilesystem: false }) } catch (error) { console.log(error.code, error.details.reason.slice(0, 5)) }
      }
      console.log(prepareDirectory(process.argv[1], { readOnly: true, allowUnsafeFilesystem: false }).database)`
    const shell = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$0" --input-type=module --eval "$2" "$1"'
    const output = execFileSync('unshare', ['--mount', 'sh', '-c', shell, process.execPath, directory, script], { encoding: 'utf8' })
    expect(output.trim().split('\n')).toEqual(['PERMISSION EROFS', 'PERMISSION EROFS', join(directory, 'store.db')])
  })
})

describe('file systems', () => {
  test.each<[string, number]>([
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['CIFS', -11_317_950],
    ['SMB2', 0xfe534d42],
    ['9p', 0x01021997],
    ['FUSE', 0x65735546],
    ['Ceph', 0x00c36400],
    ['Lustre', 0x0bd00bd0],
  ])('[X6] %s (%d) is UNSUPPORTED_FILESYSTEM before anything is created, and accepted when allowed', (filesystem, type) => {
    const directory = join(parent, 'a', 'state')
    const asked: string[] = []
    const fileSystemType = (path: string): number => {
      asked.push(path)
      return type
    }
    expect(refusal(directory, { ...writing, fileSystemType })).toMatchObject({
      code: 'UNSUPPORTED_FILESYSTEM',
      details: { directory, filesystem },
    })
    expect(asked).toEqual([parent])
    expect(readdirSync(parent)).toEqual([])
    expect(prepareDirectory(directory, { ...writing, allowUnsafeFilesystem: true, fileSystemType }).directory).toBe(directory)
    expect(refusal(directory, { ...reading, fileSystemType }).code).toBe('UNSUPPORTED_FILESYSTEM')
  })

  test('[X6] local file systems pass', () => {
    const local = { ext4: 0xef53, xfs: 0x58465342, btrfs: 0x9123683e, tmpfs: 0x01021994, overlay: 0x794c7630, zfs: 0x2fc12fc1, none: 0 }
    for (const [name, type] of Object.entries(local)) expect(unsafeFileSystem(type), name).toBeUndefined()
  })
})

describe('reading', () => {
  test('[M4] an absent directory and one without store.db are STORE_ABSENT, and nothing is created', () => {
    const directory = join(parent, 'a', 'state')
    expect(refusal(directory, reading)).toMatchObject({ code: 'STORE_ABSENT', details: { directory } })
    expect(readdirSync(parent)).toEqual([])
    expect(refusal(parent, reading)).toMatchObject({ code: 'STORE_ABSENT', details: { directory: parent } })
    expect(readdirSync(parent)).toEqual([])
  })

  test('[M4] a directory in which others may write can be read', () => {
    const { directory } = prepareDirectory(join(parent, 'state'), writing)
    chmodSync(directory, 0o777)
    expect(prepareDirectory(directory, reading).directory).toBe(directory)
  })
})

describe('syncDirectory', () => {
  test('[D1] a directory is synced; one that is absent is an error, not ignored', () => {
    syncDirectory(parent)
    expect(() => syncDirectory(join(parent, 'absent'))).toThrow(expect.objectContaining({ code: 'STORE_IO' }))
  })

  test.runIf(hasStrace)(
    '[P1] every directory that got a new name is synced, and what is created is private from the start (needs strace)',
    () => {
      const directory = join(parent, 'a', 'b', 'state')
      const script = `
      const { prepareDirectory } = await import(${JSON.stringify(new URL('store-files.ts', import.meta.url).href)})
      prepareDirectory(${JSON.stringify(directory)}, { readOnly: false, allowUnsafeFilesystem: false })`
      const trace = join(parent, 'trace')
      const calls = 'trace=fsync,mkdir,mkdirat,openat'
      execFileSync('strace', ['-f', '-y', '-e', calls, '-o', trace, process.execPath, '--input-type=module', '--eval', script])
      const lines = readFileSync(trace, 'utf8').split('\n')
      const synced = lines.flatMap((line) => /fsync\(\d+<([^>]*)>\)\s+= 0/.exec(line)?.[1] ?? [])
      expect(new Set(synced)).toEqual(new Set([parent, join(parent, 'a'), join(parent, 'a', 'b'), directory]))
      expect(lines.find((line) => line.includes('mkdir') && line.includes(`"${directory}"`))).toContain(', 0700) = 0')
      expect(lines.find((line) => line.includes('O_CREAT') && line.includes('store.db"'))).toContain(', 0600) = ')
    },
  )
})

/** What preparing `directory` comes to in a child process that has given up root after it loaded the code. */
function asNobody(directory: string): { readonly code: string } {
  const script = `
    const { prepareDirectory } = await import(${JSON.stringify(new URL('store-files.ts', import.meta.url).href)})
    process.setgid(65534); process.setuid(65534)
    try {
      prepareDirectory(process.argv[1], { readOnly: false, allowUnsafeFilesystem: false })
      console.log(JSON.stringify({ code: 'done' }))
    } catch (error) { console.log(JSON.stringify(error)) }`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script, directory], { encoding: 'utf8' }))
}
