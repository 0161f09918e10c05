import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { document } from '../state/document-kind.ts'
import { defineState } from '../state/define-state.ts'
import type { MigrationTx } from '../state/migration.ts'
import { openStore } from './open-store.ts'

const kinds = { count: document(z.number()) }
const first = defineState({ name: 'counter', version: 1, kinds })
const up = (tx: MigrationTx): void => tx.kind('count').put('', 10 * Number(tx.kind('count').get('')))
const second = defineState({ name: 'counter', version: 2, kinds, migrations: [{ version: 2, name: 'in tenths', up }] })

test('[M2] [X16] [X35] [U8] before the first migration a verified copy is kept, which the old version opens', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'backup-'))
  try {
    await using(first, directory, (store) => store.commit((tx) => tx.count.set(4)))
    await using(second, directory, (store) => expect(store.count.get()).toBe(40))

    const backups = join(directory, 'backups')
    const [name = '', ...others] = readdirSync(backups)
    expect(name).toMatch(/^before-migration-of-v1-.*\.db$/)
    expect(others).toEqual([])
    expect(statSync(backups).mode & 0o777).toBe(0o700)
    expect(statSync(join(backups, name)).mode & 0o777).toBe(0o600)

    const restored = join(directory, 'restored')
    mkdirSync(restored)
    copyFileSync(join(backups, name), join(restored, 'store.db'))
    await using(first, restored, (store) => expect(store.count.get()).toBe(4))
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('[M2] a backup that was not finished is taken away by the next one, and has no name of a backup', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'backup-'))
  try {
    await using(first, directory, (store) => store.commit((tx) => tx.count.set(4)))
    mkdirSync(join(directory, 'backups'), { mode: 0o700 })
    for (const suffix of ['partial', 'partial-journal']) {
      writeFileSync(join(directory, 'backups', `before-migration-of-v1-killed.db.${suffix}`), 'half a backup')
    }
    await using(second, directory, (store) => expect(store.count.get()).toBe(40))
    expect(readdirSync(join(directory, 'backups'))).toEqual([expect.stringMatching(/^before-migration-of-v1-.*\.db$/)])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('[M2] a copy that is not whole is no backup: the migration does not begin, and nothing is left of the copy', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'backup-'))
  try {
    await using(first, directory, (store) => store.commit((tx) => tx.count.set(4)))
    // A value that its column forbids: pages like any other to SQLite, until it is asked to check them.
    const database = new DatabaseSync(join(directory, 'store.db'), { defensive: false })
    database.exec('CREATE TABLE odd (n); INSERT INTO odd VALUES (NULL); PRAGMA writable_schema = 1')
    database.exec("UPDATE sqlite_master SET sql = 'CREATE TABLE odd (n NOT NULL)' WHERE name = 'odd'")
    database.close()
    await expect(using(second, directory, () => undefined)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(readdirSync(join(directory, 'backups'))).toEqual([])
    await using(first, directory, (store) => expect(store.count.get()).toBe(4))
  } finally {
    rmSync(directory, { recursive: true })
  }
})

async function using(state: typeof first, directory: string, use: (store: Awaited<ReturnType<typeof open>>) => unknown): Promise<void> {
  const store = await open(state, directory)
  try {
    await use(store)
  } finally {
    await store.close()
  }
}

function open(state: typeof first, directory: string): ReturnType<typeof openStore<(typeof first)['kinds']>> {
  return openStore(state, { directory })
}
