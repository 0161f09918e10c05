import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openStore, type StoreOptions } from '../../src/index.ts'
import { createSystemTables, newStoreMeta, writeMeta } from '../../src/sqlite/tables.ts'
import { prepareDirectory } from '../../src/sqlite/store-files.ts'
import { loadDriver } from '../../src/sqlite/load-driver.ts'
import { openElsewhere } from '../support/other-process.ts'
import { openSample, sample } from '../support/sample-state.ts'
import { watchStatements } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('[X34] closing leaves the log and its index to those who have the store open', async () => {
  const directory = temporaryDirectory()
  const other = await openElsewhere({ directory })
  await other.call('setTitle', 'theirs')
  const files = ['store.db-wal', 'store.db-shm'].map((name) => join(directory, name))
  const before = files.map((file) => statSync(file).ino)
  for (const options of [{}, { readOnly: true }]) {
    const store = await openStore(sample, { directory, ...options })
    expect(store.title.get()).toBe('theirs')
    await store.close()
    expect(files.map((file) => existsSync(file) && statSync(file).ino)).toEqual(before)
  }
  await other.call('setTitle', 'later')
  expect((await openSample({ directory })).title.get()).toBe('later')
})

test('[M1] who finds that another has made the store while waiting for the lock makes nothing', async () => {
  const directory = temporaryDirectory()
  const { database } = prepareDirectory(directory, { readOnly: false, allowUnsafeFilesystem: false })
  const maker = (await loadDriver('node:sqlite')).open({ file: database })
  onTestFinished(() => maker.close())
  maker.exec('PRAGMA journal_mode = wal; BEGIN IMMEDIATE')
  const opening = openSample({ directory })
  await new Promise((resolve) => setTimeout(resolve, 1000))
  maker.exec(createSystemTables)
  const made = { storeId: 'made', epoch: 'theirs_1', stateName: 'sample', stateVersion: 1, createdAt: 1, chain: 'x'.repeat(22) }
  for (const [name, value] of newStoreMeta(made)) maker.prepare(writeMeta).run(name, value)
  maker.exec('COMMIT')
  expect((await opening).cursor.slice(0, 8)).toBe('theirs_1')
})

const places: [string, () => StoreOptions][] = [
  ['on disk', () => ({ directory: temporaryDirectory() })],
  ['in memory', () => ({ memory: true })],
]

test.each(places)('[D5] a store %s is not opened by an SQLite with the fault', async (_, place) => {
  const prototype = DatabaseSync.prototype as unknown as { prepare: (this: DatabaseSync, sql: string) => unknown }
  const { prepare } = prototype
  onTestFinished(() => void Object.assign(prototype, { prepare }))
  prototype.prepare = function (sql) {
    return prepare.call(this, sql.replace('sqlite_version()', "'3.51.2'"))
  }
  await expect(openStore(sample, place())).rejects.toMatchObject({
    code: 'SQLITE_UNSAFE_VERSION',
    details: { version: '3.51.2', driver: 'node:sqlite' },
    message: expect.stringMatching(/Node \d+\.\d+\.\d+.*better-sqlite3 \d+/),
  })
})

test.each(places)('[D5] every connection of a store %s reads its settings back', async (_, place) => {
  const { seen } = watchStatements()
  const store = await openSample(place())
  const readBack = (): number => seen.prepared.filter((sql) => sql === 'PRAGMA synchronous').length
  expect(readBack()).toBe(1)
  await store.snapshot()
  expect(readBack()).toBe(store.directory === ':memory:' ? 1 : 2)
})
