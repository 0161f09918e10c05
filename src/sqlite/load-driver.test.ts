import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadDriver, resolveBetterSqlite } from './load-driver.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

test('[D5] both drivers load, with their name and the version of their SQLite', async () => {
  for (const name of ['node:sqlite', 'better-sqlite3'] as const) {
    const driver = await loadDriver(name)
    expect(driver.name).toBe(name)
    expect(driver.sqliteVersion).toMatch(/^3\.\d+\.\d+$/)
  }
})

test('[D6] the library of better-sqlite3 says which copy was loaded', async () => {
  const path = resolveBetterSqlite()
  expect(isAbsolute(path)).toBe(true)
  const connection = (await loadDriver('better-sqlite3', path)).open({ file: ':memory:' })
  expect(connection.library).toContain(path)
  connection.close()
})

test('[D5] a missing or broken better-sqlite3 is DRIVER_UNAVAILABLE with the cause', async () => {
  const broken = join(directory, 'broken.cjs')
  writeFileSync(broken, "module.exports = class { constructor() { throw new Error('was compiled against a different Node.js version') } }")
  await expect(loadDriver('better-sqlite3', broken)).rejects.toMatchObject({
    code: 'DRIVER_UNAVAILABLE',
    details: { driver: 'better-sqlite3', reason: 'was compiled against a different Node.js version' },
    cause: expect.any(Error),
  })
  await expect(loadDriver('better-sqlite3', join(directory, 'absent.js'))).rejects.toMatchObject({
    code: 'DRIVER_UNAVAILABLE',
    cause: { code: 'MODULE_NOT_FOUND' },
  })
})

test('[D5] where the peer is not installed, the default driver still loads and the other says so', () => {
  const copy = join(directory, 'holdfast')
  mkdirSync(copy)
  const source = new URL('..', import.meta.url).pathname
  execFileSync('cp', ['-r', join(source, 'base'), join(source, 'sqlite'), copy])
  const script = `
    const { loadDriver, resolveBetterSqlite } = await import(${JSON.stringify(join(copy, 'sqlite/load-driver.ts'))})
    const driver = await loadDriver('node:sqlite')
    const error = await loadDriver('better-sqlite3').catch((error) => error)
    let unresolved
    try { resolveBetterSqlite() } catch (error) { unresolved = error }
    console.log(JSON.stringify([driver.name, error.code, error.cause.code, unresolved.code]))`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(JSON.parse(output)).toEqual(['node:sqlite', 'DRIVER_UNAVAILABLE', 'MODULE_NOT_FOUND', 'DRIVER_UNAVAILABLE'])
})

test('[D5] a worker started from text requires better-sqlite3 by the path it is given', async () => {
  const code = `
    const { createRequire } = process.getBuiltinModule('node:module')
    const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
    const { importDriver } = createRequire(workerData.module)(workerData.module)
    void importDriver('better-sqlite3', workerData.path).then((driver) => {
      parentPort.postMessage(driver.open({ file: ':memory:' }).prepare('SELECT 41 + 1').get())
    })`
  const worker = new Worker(code, {
    eval: true,
    workerData: { module: new URL('import-driver.ts', import.meta.url).pathname, path: resolveBetterSqlite() },
  })
  const row = await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await worker.terminate()
  expect(row).toEqual([42])
})

test('[D5] nothing links to a library: the modules load on a Node without node:sqlite, which says so when asked for it', () => {
  const script = `
    process.getBuiltinModule = undefined
    const { registerHooks } = await import('node:module')
    registerHooks({ resolve(specifier, context, next) { if (specifier === 'node:sqlite') throw new Error('No such built-in module: node:sqlite'); return next(specifier, context) } })
    const { loadDriver } = await import(${JSON.stringify(new URL('load-driver.ts', import.meta.url).href)})
    const error = await loadDriver('node:sqlite').catch((error) => error)
    console.log(JSON.stringify([error.code, error.details.reason]))`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(JSON.parse(output)).toEqual(['DRIVER_UNAVAILABLE', 'No such built-in module: node:sqlite'])
})
