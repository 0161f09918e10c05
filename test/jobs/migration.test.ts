import { z } from 'zod'
import { expect, test } from 'vitest'
import { defineState, jobs, type Migration, openStore } from '../../src/index.ts'
import { openState } from '../support/open-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const any = jobs({ input: z.string() })
const first = defineState({ name: 'work', version: 1, kinds: { any } })

test('[M2] [J7] jobs that a migration has written, ended and deleted are counted as they are then, and run', async () => {
  const directory = temporaryDirectory()
  const before = await openStore(first, { directory })
  const { value: ids } = await before.commit((tx) => ['runs', 'ended', 'gone'].map((name) => tx.any.enqueue(name).id))
  await before.close()
  const up: Migration['up'] = (tx) => {
    const records = tx.kind('any')
    records.put(ids[1]!, { ...(records.get(ids[1]!) as object), state: 'cancelled', endedAt: Date.now() })
    records.delete(ids[2]!)
  }
  const second = defineState({ name: 'work', version: 2, kinds: { any }, migrations: [{ version: 2, name: 'tidy', up }] })
  const store = await openState(second, { directory })
  expect(store.any.summary()).toMatchObject({ queued: 1, cancelled: 1, total: 2 })
  store.any.work(() => undefined)
  expect(await store.any.wait(ids[0]!)).toMatchObject({ state: 'completed', input: 'runs' })
  expect(store.any.summary()).toMatchObject({ queued: 0, completed: 1, cancelled: 1, total: 2 })
})
