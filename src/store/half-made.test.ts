import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { eachDriver } from '../../test/support/drivers.ts'
import { openSample, sample } from '../../test/support/sample-state.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { openStore } from './open-store.ts'

/** A store as a kill leaves it that came while its first page was written: a page, and the journal to take it back. */
function killedWhileMade(directory: string): string {
  const before = new DatabaseSync(join(directory, 'making.db'))
  before.exec('PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (a); INSERT INTO t VALUES (hex(zeroblob(200000)))')
  const store = join(directory, 'store')
  mkdirSync(store, { mode: 0o700 })
  copyFileSync(join(directory, 'making.db'), join(store, 'store.db'))
  copyFileSync(join(directory, 'making.db-journal'), join(store, 'store.db-journal'))
  before.close()
  return store
}

eachDriver((driver) => {
  test('[X12] [M1] a store that was killed while it was made is made by the next one to open it', async () => {
    const directory = killedWhileMade(temporaryDirectory())
    const store = await openSample({ directory, driver })
    expect(await store.commit((tx) => tx.title.set('made'))).toMatchObject({ revision: 1 })
  })

  test('[M4] opened read-only, such a store is absent', async () => {
    const directory = killedWhileMade(temporaryDirectory())
    await expect(openStore(sample, { directory, driver, readOnly: true })).rejects.toMatchObject({ code: 'STORE_ABSENT' })
  })
})
