import { expect, test } from 'vitest'
import { isHoldfastError } from '../base/error.ts'
import { claimFile } from './open-files.ts'

const registry = (): Map<string, unknown> | undefined =>
  (globalThis as Record<symbol, unknown>)[Symbol.for('holdfast.openFiles')] as Map<string, unknown>

test('[D6] one library may open a file many times; the entry is gone with the last release', () => {
  const releases = [claimFile('1:10', 'a 1.0', '/x/store.db'), claimFile('1:10', 'a 1.0', '/x/store.db')]
  expect(registry()?.size).toBe(1)
  releases[0]?.()
  expect(registry()?.size).toBe(1)
  releases[1]?.()
  expect(registry()?.size).toBe(0)
})

test('[D6] a second library on the same file is refused, whatever path it uses, until the first has closed', () => {
  const release = claimFile('1:11', 'node:sqlite 3.53.4', '/x/store.db')
  try {
    claimFile('1:11', 'better-sqlite3 3.54.1', '/y/store.db')
    expect.unreachable()
  } catch (error) {
    if (!isHoldfastError(error, 'DUPLICATE_SQLITE_LIBRARY')) throw error
    expect(error.details).toEqual({ file: '/y/store.db', open: 'node:sqlite 3.53.4', requested: 'better-sqlite3 3.54.1' })
    expect(error.message).toContain('/x/store.db')
  }
  claimFile('1:12', 'better-sqlite3 3.54.1', '/z/store.db')()
  release()
  claimFile('1:11', 'better-sqlite3 3.54.1', '/y/store.db')()
})

test('[D6] releasing twice counts once', () => {
  const first = claimFile('1:13', 'a', '/x')
  const second = claimFile('1:13', 'a', '/x')
  first()
  first()
  expect(() => claimFile('1:13', 'b', '/x')).toThrow()
  second()
  claimFile('1:13', 'b', '/x')()
  expect(registry()?.size).toBe(0)
})

test('[D6] a refused claim leaves nothing behind', () => {
  const release = claimFile('1:14', 'a', '/x')
  expect(() => claimFile('1:14', 'b', '/x')).toThrow()
  release()
  expect(registry()?.size).toBe(0)
})

test('[D6] another copy of this package shares the registry', async () => {
  const copy = (await import(`${new URL('open-files.ts', import.meta.url).href}?copy`)) as { claimFile: typeof claimFile }
  expect(copy.claimFile).not.toBe(claimFile)
  const release = copy.claimFile('1:15', 'a', '/x')
  expect(() => claimFile('1:15', 'b', '/x')).toThrow()
  release()
  claimFile('1:15', 'b', '/x')()
})

test('[X3] a thousand claims and releases leave no entry', () => {
  for (let round = 0; round < 1_000; round += 1) claimFile(`1:${round}`, 'a', `/${round}`)()
  expect(registry()?.size).toBe(0)
})
