/** What a call answers is the same by all that carries a feed: the cause of a commit that failed, never a success. */
import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { everything } from './everything.ts'
import { carriers, Everywhere, textHeld } from './everywhere.ts'
import { agree, replicasOf } from './followers.ts'

interface Sitting {
  readonly id: string
  readonly seat: number
  readonly saying: string
}

/** What came of a call by each, once each holds what the store has. */
async function callByEach(place: Everywhere, sitting: Sitting): Promise<unknown> {
  const followers = place.followAll()
  await agree(followers, place.store)
  const held = replicasOf(followers).map(textHeld)
  const told = await Promise.all(
    followers.map(({ carrier, replica }) =>
      replica.call('sit', sitting).then(
        (value) => [carrier, { value }],
        ({ code, details }: { readonly code: string; readonly details: unknown }) => [carrier, { code, details }],
      ),
    ),
  )
  expect(replicasOf(followers).map(textHeld)).toEqual(held)
  for (const { replica } of followers) replica.close()
  return told
}

test('[X40] by each the caller of an action whose commit fails is told the cause and its facts, and nothing has changed', async () => {
  const directory = temporaryDirectory()
  const store = await openState(everything, { directory, maxCommitBytes: 1024 })
  await store.commit((tx) => tx.viewers.put({ id: 'first', owner: 'ann', seat: 1 }))
  const { cursor } = store
  const place = await Everywhere.serve(store)
  const byEach = (failure: object): unknown => carriers.map((carrier) => [carrier, failure])

  const taken = { kind: 'viewers', index: 'bySeat', key: 'late', heldBy: 'first' }
  expect(await callByEach(place, { id: 'late', seat: 1, saying: '' })).toEqual(byEach({ code: 'UNIQUE_CONFLICT', details: taken }))
  const tooLarge = { code: 'COMMIT_TOO_LARGE', details: { bytes: expect.any(Number), maxBytes: 1024 } }
  expect(await callByEach(place, { id: 'late', seat: 2, saying: 'x'.repeat(2000) })).toEqual(byEach(tooLarge))
  // What it said before it failed is taken back with the rest.
  expect([store.cursor, store.sayings.count(), store.viewers.count()]).toEqual([cursor, 0, 1])
  await place.close()
  await store.close()

  const readOnly = await openState(everything, { directory, readOnly: true })
  const refusing = await Everywhere.serve(readOnly)
  const refused = { code: 'STORE_READ_ONLY', details: { method: 'commit' } }
  expect(await callByEach(refusing, { id: 'late', seat: 2, saying: '' })).toEqual(byEach(refused))
  expect([readOnly.cursor, readOnly.sayings.count(), place.errors, refusing.errors]).toEqual([cursor, 0, [], []])
})
