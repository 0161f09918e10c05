import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from '../state/collection-kind.ts'
import { defineState } from '../state/define-state.ts'
import { openStore } from './open-store.ts'

const person = z.object({ id: z.string(), mail: z.string().optional() })
const plain = defineState({ name: 'people', version: 1, kinds: { people: collection(person, { key: 'id' }) } })
const kinds = { people: collection(person, { key: 'id', indexes: { byMail: { fields: ['mail'], unique: true } } }) }
const indexed = defineState({ name: 'people', version: 1, kinds })
const migrated = defineState({ name: 'people', version: 2, kinds, migrations: [{ version: 2, name: 'nothing', up: () => undefined }] })

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-duplicates-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

async function withPlain(change: (store: Awaited<ReturnType<typeof openStore<typeof plain.kinds>>>) => Promise<unknown>): Promise<void> {
  const store = await openStore(plain, { directory })
  await change(store)
  await store.close()
}

test('[M6] a unique index that records contradict is refused by name, at open and in a migration, and the store stays as it was', async () => {
  await withPlain((store) =>
    store.commit((tx) => {
      tx.people.put({ id: 'ada', mail: 'a@example.org' })
      tx.people.put({ id: 'bob', mail: 'a@example.org' })
      tx.people.put({ id: 'cy' })
      tx.people.put({ id: 'dee' })
    }),
  )
  const refusal = { code: 'UNIQUE_CONFLICT', details: { kind: 'people', index: 'byMail', key: 'ada', heldBy: 'bob' } }
  await expect(openStore(indexed, { directory })).rejects.toMatchObject(refusal)
  await expect(openStore(migrated, { directory })).rejects.toMatchObject(refusal)
  await withPlain((store) => store.commit((tx) => tx.people.delete('bob')))
  const store = await openStore(migrated, { directory })
  expect(store.people.find({ index: 'byMail' }).items.map(({ id }) => id)).toEqual(['cy', 'dee', 'ada'])
  await store.close()
})
