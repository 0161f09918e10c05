import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { collection } from '../state/collection-kind.ts'
import { defineState } from '../state/define-state.ts'
import { log } from '../state/log-kind.ts'
import type { Migration } from '../state/migration.ts'
import { openStore } from './open-store.ts'

const kinds = { guests: collection(z.object({ id: z.string() }), { key: 'id' }), arrivals: log(z.string()) }

test('[M2] a store with a log migrates, and the log stays as it was', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(defineState({ name: 'party', version: 1, kinds }), { directory })
  await before.commit((tx) => {
    tx.guests.put({ id: 'ada' })
    tx.arrivals.append('ada came')
  })
  await before.close()

  const migrations: Migration[] = [{ version: 2, name: 'ada leaves', up: (tx) => void tx.kind('guests').delete('ada') }]
  await using after = await openStore(defineState({ name: 'party', version: 2, kinds, migrations }), { directory })
  expect(after.guests.count()).toBe(0)
  expect(after.arrivals.read()).toMatchObject([{ seq: 1, value: 'ada came' }])
})
