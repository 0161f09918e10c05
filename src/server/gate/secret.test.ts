import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isRoot } from '../../../test/support/privileges.ts'
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts'
import { isHoldfastError } from '../../base/error.ts'
import { loadOrCreateToken } from './secret.ts'

const isPosix = process.platform !== 'win32'
const load = `const { loadOrCreateToken } = await import(${JSON.stringify(new URL('./secret.ts', import.meta.url).href)});`

/** Arguments for a process that runs `text` after having loaded the function. */
const running = (text: string): string[] => ['--input-type=module', '--eval', `${load}\n${text}`]

function reasonOf(directory: string): string {
  try {
    loadOrCreateToken(directory)
  } catch (error) {
    if (isHoldfastError(error, 'TOKEN_UNSAFE')) return error.details.reason
    throw error
  }
  return 'none'
}

describe('made', () => {
  test('[Z1] at first, 32 bytes, and the same from then on', () => {
    const directory = temporaryDirectory()
    const token = loadOrCreateToken(directory)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(loadOrCreateToken(directory)).toBe(token)
    expect(readFileSync(join(directory, 'token'), 'utf8')).toBe(`${token}\n`)
    expect(readdirSync(directory)).toEqual(['token'])
    expect(loadOrCreateToken(temporaryDirectory())).not.toBe(token)
  })

  test('[Z1] in memory only, for a store in memory', () => {
    expect(loadOrCreateToken(undefined)).toMatch(/^[\w-]{43}$/)
    expect(loadOrCreateToken(undefined)).not.toBe(loadOrCreateToken(undefined))
  })

  test.skipIf(!isPosix).each([0o000, 0o022, 0o077, 0o277])('[Z11] for its owner alone, under umask %o', (umask) => {
    const directory = temporaryDirectory()
    const text = `process.umask(${umask}); process.stdout.write(loadOrCreateToken(${JSON.stringify(directory)}))`
    const { stdout, stderr } = spawnSync(process.execPath, running(text), { encoding: 'utf8' })
    expect(stderr).toBe('')
    const stats = lstatSync(join(directory, 'token'))
    expect([stats.mode & 0o7777, stats.nlink, stats.isFile()]).toEqual([0o600, 1, true])
    expect(readdirSync(directory)).toEqual(['token'])
    expect(loadOrCreateToken(directory)).toBe(stdout)
  })

  test('[Z1] in a directory that does not exist: refused, and nothing is left', () => {
    const directory = join(temporaryDirectory(), 'none')
    expect(() => loadOrCreateToken(directory)).toThrow(expect.objectContaining({ code: 'STORE_IO' }))
  })
})

describe('together', () => {
  /** Starts a process that makes tokens in one directory after another as it is told to, and says each. */
  function start(): { child: ChildProcess; make(directory: string): Promise<string> } {
    const text = `
      import { createInterface } from 'node:readline'
      console.log('ready')
      for await (const directory of createInterface(process.stdin)) console.log(loadOrCreateToken(directory))`
    const child = spawn(process.execPath, running(text), { stdio: ['pipe', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exited
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (): Promise<string> => (await lines.next()).value as string
    const ready = next()
    const make = async (directory: string): Promise<string> => {
      await ready
      child.stdin.write(`${directory}\n`)
      return await next()
    }
    return { child, make }
  }

  test('[Z1] processes that start together agree on one token', async () => {
    const parent = temporaryDirectory()
    const makers = [start(), start(), start(), start()]
    for (let round = 0; round < 50; round += 1) {
      const directory = join(parent, String(round))
      mkdirSync(directory)
      const tokens = await Promise.all(makers.map(({ make }) => make(directory)))
      expect(new Set(tokens).size).toBe(1)
      expect(readdirSync(directory)).toEqual(['token'])
    }
  })

  test('[Z1] a process that is killed leaves a whole token or none', async () => {
    const parent = temporaryDirectory()
    let killed = 0
    for (let round = 0; round < 8; round += 1) {
      const base = join(parent, String(round))
      const text = `
        import { mkdirSync, writeSync } from 'node:fs'
        for (let i = 0; ; i += 1) {
          mkdirSync(${JSON.stringify(base)} + '-' + i)
          loadOrCreateToken(${JSON.stringify(base)} + '-' + i)
          if (i === ${5 + round}) writeSync(1, 'go')
        }`
      const child = spawn(process.execPath, running(text), { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await exited
      killed += 1
    }
    const directories = readdirSync(parent).map((name) => join(parent, name))
    expect(directories.length).toBeGreaterThan(6 * killed)
    for (const directory of directories) {
      const file = join(directory, 'token')
      if (existsSync(file)) expect(readFileSync(file, 'utf8')).toMatch(/^[\w-]{43}\n$/)
      expect(loadOrCreateToken(directory)).toMatch(/^[\w-]{43}$/)
    }
  })
})

describe('refused', () => {
  const token = 'A'.repeat(43)

  function withFile(text: string, mode = 0o600): string {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'token'), text)
    chmodSync(join(directory, 'token'), mode)
    return directory
  }

  test('[Z1] a newline at its end is no part of it, and may be missing', () => {
    expect(loadOrCreateToken(withFile(`${token}\n`))).toBe(token)
    expect(loadOrCreateToken(withFile(token))).toBe(token)
  })

  test.each([
    '',
    '\n',
    'secret',
    token.slice(1),
    `${token}A`,
    `${token}\n\n`,
    ` ${token}`,
    `${token}\r\n`,
    `${token.slice(1)}=`,
    `${token.slice(1)}\u00e9`,
    token.repeat(1000),
  ])('[Z1] what holds no token, with a way out: %#', (text) => {
    const directory = withFile(text)
    expect(reasonOf(directory)).toBe('it does not hold a token')
    expect(() => loadOrCreateToken(directory)).toThrow(/then delete it: a new token is made/)
    expect(readFileSync(join(directory, 'token'), 'utf8')).toBe(text)
  })

  test.skipIf(!isPosix).each([0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777])(
    '[Z11] a file that others can touch, %o',
    (mode) => {
      expect(reasonOf(withFile(token, mode))).toMatch(/its mode 0\d+ lets others touch it/)
    },
  )

  test.skipIf(!isRoot)('[Z11] a file of somebody else (needs root)', () => {
    const directory = withFile(token)
    chownSync(join(directory, 'token'), 12_345, 12_345)
    expect(reasonOf(directory)).toMatch(/belongs to uid 12345/)
  })

  test.skipIf(!isPosix)('[Z12] a link, to a good token, to nothing and to itself', () => {
    const good = withFile(token)
    for (const target of [join(good, 'token'), '/nowhere/token', 'token']) {
      const directory = temporaryDirectory()
      symlinkSync(target, join(directory, 'token'))
      expect(reasonOf(directory)).toBe('it is a symbolic link')
      expect(readdirSync(directory)).toEqual(['token'])
    }
  })

  test.skipIf(!isPosix)('[Z12] a directory, and a pipe, which is not waited for', () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    mkdirSync(join(first, 'token'))
    expect(reasonOf(first)).toBe('it is not a regular file')
    expect(spawnSync('mkfifo', ['-m', '600', join(second, 'token')]).status).toBe(0)
    expect(reasonOf(second)).toBe('it is not a regular file')
  })

  test('[Z1] a second name that a crash left behind does no harm', () => {
    const directory = withFile(token)
    linkSync(join(directory, 'token'), join(directory, 'token.left'))
    expect(loadOrCreateToken(directory)).toBe(token)
  })
})
