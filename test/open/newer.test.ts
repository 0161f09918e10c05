import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, type DriverName, openStore } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { hashFiles } from '../support/file-bytes.ts'
import { openState } from '../support/open-state.ts'
import { codeOf, failureOf } from '../support/outcome.ts'
import { raw } from '../support/raw-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const kinds = { title: document(z.string()), hosts: collection(z.object({ id: z.string() }), { key: 'id' }) }
const older = defineState({ name: 'versions', version: 1, kinds: { ...kinds, only: document(z.string()) } })
const newer = defineState({ name: 'versions', version: 3, kinds: { ...kinds, later: document(z.string()) } })

/** A store of the newer version as a killed process leaves it: with commits that are only in the log. */
async function makeNewer(driver: DriverName): Promise<string> {
  const directory = temporaryDirectory()
  const store = await openStore(newer, { directory, driver })
  await store.commit((tx) => tx.title.set('from the future'))
  const left = join(directory, 'left')
  mkdirSync(left, { mode: 0o700 })
  for (const name of readdirSync(directory))
    if (name.startsWith('store.db') && !name.endsWith('-shm')) copyFileSync(join(directory, name), join(left, name))
  await store.close()
  expect(statSync(join(left, 'store.db-wal')).size).toBeGreaterThan(0)
  return left
}

/** All but the shared memory, which readers need and which is no part of the store. */
function bytesOf(directory: string): Record<string, string> {
  const { 'store.db-shm': _, ...files } = hashFiles(directory)
  return files
}

eachDriver((driver) => {
  describe('a store of a newer version', () => {
    test('[M3] [X53] [X16] is refused, and stays as it is byte for byte', async () => {
      const directory = await makeNewer(driver)
      const before = bytesOf(directory)
      const error = await failureOf(openStore(older, { directory, driver }))
      expect(error).toMatchObject({ code: 'STORE_NEWER', details: { directory, stored: 3, supported: 1, what: 'state' } })
      expect(error.message).toContain('state version 3; this program knows up to 1')
      expect(error.message).toContain('readOnly: true')
      expect(bytesOf(directory)).toEqual(before)
      expect(Object.keys(before)).toEqual(['store.db', 'store.db-wal'])
      expect((await openState(newer, { directory, driver })).title.get()).toBe('from the future')
    })

    test('[M3] [M4] can be opened read-only: what both declare is read, and nothing is changed', async () => {
      const directory = await makeNewer(driver)
      const before = bytesOf(directory)
      const store = await openStore(older, { directory, driver, readOnly: true })
      expect([store.title.get(), store.hosts.count(), store.only.get()]).toEqual(['from the future', 0, undefined])
      expect((await store.snapshot()).kinds.title.count).toBe(1)
      expect(codeOf(await failureOf(store.commit((tx) => tx.title.set('x'))))).toBe('STORE_READ_ONLY')
      await store.close()
      expect(bytesOf(directory)).toEqual(before)
    })

    test('[M3] of a format that this version of Holdfast does not know is refused in both ways', async () => {
      const directory = await makeNewer(driver)
      await (await openStore(newer, { directory, driver })).close()
      await raw(directory, ['PRAGMA user_version = 2'], driver)
      const before = bytesOf(directory)
      for (const readOnly of [false, true]) {
        expect(await failureOf(openStore(newer, { directory, driver, readOnly }))).toMatchObject({
          code: 'STORE_NEWER',
          details: { stored: 2, supported: 1, what: 'format' },
        })
      }
      const { 'store.db': after } = bytesOf(directory)
      expect(after).toBe(before['store.db'])
    })
  })
})
