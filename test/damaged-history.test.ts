import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection, defineState, openStore, type ReportEvent } from '../src/index.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const state = defineState({ name: 'letters', version: 1, kinds: { letters: collection(z.object({ id: z.string() }), { key: 'id' }) } })

test('[P5] a damaged commit ends followers with what is damaged, and records stay readable', async () => {
  const directory = temporaryDirectory()
  await writeLetters(directory)
  const database = new DatabaseSync(join(directory, 'store.db'))
  database.exec(`UPDATE hf_commit SET changes = '[[1,1,' WHERE revision = 2`)
  database.close()

  const reports: ReportEvent[] = []
  await using store = await openStore(state, { directory, report: (event) => void reports.push(event) })
  const followed: number[] = []
  const following = (async () => {
    for await (const { revision } of store.follow()) followed.push(revision)
  })()
  const damage = { code: 'STORE_CORRUPT', details: { reason: 'the changes of revision 2 do not parse' } }
  await expect(following).rejects.toMatchObject(damage)
  expect(followed).toEqual([1])
  expect(store.letters.find().items.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  expect([...(await store.snapshot()).kinds.letters.items()].length).toBe(3)
  await store.commit((tx) => tx.letters.put({ id: 'd' }))
  expect(reports).toEqual([])
})

async function writeLetters(directory: string): Promise<void> {
  await using store = await openStore(state, { directory })
  for (const id of ['a', 'b', 'c']) await store.commit((tx) => tx.letters.put({ id }))
}
