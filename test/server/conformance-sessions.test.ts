/** What a session is shown and may do is the same by all that carries a feed, and so is its end. */
import { expect, test } from 'vitest'
import type { Grant } from '../../src/server.ts'
import { SeededRandom } from '../harness/seeded-random.ts'
import { openState } from '../support/open-state.ts'
import { everything } from './everything.ts'
import { carriers, Everywhere, type EverythingReplica, type Follower } from './everywhere.ts'
import { agree, change, replicasOf, whenReset, whenState } from './followers.ts'
import { PlainGet } from './plain-get.ts'

test('[B1] [E1] [Z24] [X26] [X21] by each a session sees what is granted and no more; another grant resets it, and its end ends it', async () => {
  const store = await openState(everything)
  let seen = 'ann'
  const grants = ({ user }: { readonly user: string }): Grant<(typeof everything)['kinds']> => {
    const owner = user === 'ann' ? seen : user
    return { kinds: { notes: { owner }, title: 'all', scans: { 'input.owner': owner } }, actions: ['write'] }
  }
  const place = await Everywhere.serve(store, { grants })
  await store.commit((tx) => {
    tx.title.set('for all')
    for (const owner of ['ann', 'bob']) {
      tx.notes.put({ id: `of ${owner}`, owner, text: '' })
      tx.scans.enqueue({ owner })
    }
  })
  const { id, token } = await store.people.create({ user: 'ann', data: {} })
  const bobs = await store.people.create({ user: 'bob', data: {} })
  const followers = carriers.map((carrier) =>
    place.follow(carrier, { token, ...(carrier === 'websocket' && { transport: ['websocket', 'auto'] }) }),
  )
  const others = place.followAll({ token: bobs.token })
  const idsOf = (replica: EverythingReplica): unknown => [replica.notes.find().items.map((note) => note.id), replica.scans.size]
  const expectIds = (all: readonly Follower[], ids: readonly string[]): void => {
    expect(all.map(({ carrier, replica }) => [carrier, idsOf(replica), replica.title.get()])).toEqual(
      carriers.map((carrier) => [carrier, [ids, 1], 'for all']),
    )
  }
  await agree([...followers, ...others], store)
  expectIds(followers, ['of ann'])
  expectIds(others, ['of bob'])
  for (const { carrier, replica } of followers) expect([carrier, await replica.call('write', { id: 'of ann' })]).toEqual([carrier, 2])
  await store.commit((tx) => tx.notes.put({ id: 'of bob', owner: 'bob', text: 'again' }))
  await agree([...followers, ...others], store)
  expectIds(followers, ['of ann'])

  const plain = new PlainGet(place, token)
  await plain.agreesWith(replicasOf(followers))
  const resets = followers.map(whenReset)
  seen = 'bob'
  await Promise.all(resets)
  expectIds(followers, ['of bob'])
  await plain.agreesWith(replicasOf(followers))
  // The browser hides why an upgrade is refused; the next transport says it, and here nobody waits until it is tried.
  for (const replica of replicasOf(followers)) {
    replica.onStatus(({ state }) => state === 'offline' && queueMicrotask(() => replica.retry()))
  }
  await store.people.revoke(id)
  // What is committed after it and has come to others by the same ways says that time enough has passed, whatever the clock says.
  const areOpen = (all: readonly Follower[]): Follower[] => all.filter(({ carrier }) => carrier !== 'poll')
  for (let count = 0; count < 10; count += 1) {
    await store.commit((tx) => tx.title.set(`${count} after it`))
    await agree(areOpen(others), store)
  }
  expect(areOpen(followers).filter(({ replica }) => replica.status.state === 'live')).toEqual([])
  await Promise.all(followers.map((follower) => whenState(follower, 'refused')))
  await store.commit((tx) => tx.notes.put({ id: 'of bob', owner: 'bob', text: 'and again' }))
  await agree(others, store)
  expect(replicasOf(others).map((replica) => replica.notes.get('of bob')?.text)).toEqual(carriers.map(() => 'and again'))
})

test('[B1] by each a replica is what its grant shows of the store, whatever is written, and a record that leaves the grant leaves it', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = new SeededRandom(`${seed}/grants`)
  const store = await openState(everything)
  const grants = ({ user: owner }: { readonly user: string }): Grant<(typeof everything)['kinds']> => {
    const own = { owner }
    return {
      kinds: {
        title: 'all',
        motto: own,
        notes: own,
        sayings: own,
        viewers: own,
        scans: { 'input.owner': owner },
        files: { 'meta.owner': owner },
      },
    }
  }
  const place = await Everywhere.serve(store, { grants })
  for (let count = 0; count < 30; count += 1) await change(store, random)
  const { token } = await store.people.create({ user: 'ann', data: {} })
  const followers = place.followAll({ token })
  await Promise.all(replicasOf(followers).map(({ ready }) => ready))
  const isAnns = ({ owner }: { readonly owner?: string }): boolean => owner === 'ann'
  const most = { limit: 1000 }
  for (let round = 0; round < 6; round += 1) {
    await Promise.all(Array.from({ length: 25 }, () => change(store, random)))
    await agree(followers, store)
    const motto = store.motto.get()
    const due = [
      store.notes.find(most).items.filter(isAnns),
      store.viewers.find(most).items.filter(isAnns),
      store.scans.find(most).items.filter(({ input }) => isAnns(input)),
      store.files.find(most).items.filter(({ meta }) => isAnns(meta)),
      store.sayings.read(most).filter(({ value }) => isAnns(value)),
      motto?.owner === 'ann' ? motto : undefined,
    ]
    for (const { carrier, replica } of followers) {
      const { notes, viewers, scans, files, sayings } = replica
      const shown = [...[notes, viewers, scans, files].map((kind) => kind.find(most).items), sayings.read(most), replica.motto.get()]
      expect([seed, carrier, shown]).toEqual([seed, carrier, due])
    }
  }
  expect(replicasOf(followers).map(({ notes, sayings }) => notes.size > 0 && sayings.read(most).length > 0)).toEqual(
    carriers.map(() => true),
  )
  await new PlainGet(place, token).agreesWith(replicasOf(followers))
})
