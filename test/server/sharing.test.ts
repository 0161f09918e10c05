import { expect, test } from 'vitest'
import { SharedPackets } from '../../src/server/socket-io/packets.ts'
import { SharedFrames } from '../../src/server/web-socket/frames.ts'
import { DistinctAnswers } from '../support/distinct-answers.ts'
import { openState } from '../support/open-state.ts'
import { ByHand } from './by-hand.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'

const clients = 40

test('[F3] [B1] a commit is one frame and one packet for all who see the same, who own the store or whose grants are equal', async () => {
  const store = await openState(everything)
  const grants = ({ user }: { readonly user: string }): object =>
    user === 'ann'
      ? { kinds: { title: 'all', notes: { owner: 'x', text: 'y' } } }
      : { kinds: { notes: { text: 'y', owner: 'x' }, lines: 'none', title: 'all' } }
  const place = await Everywhere.serve(store, { grants })
  await store.commit((tx) => tx.title.set('begin'))
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((user) => store.people.create({ user, data: {} })))
  const tokens = [place.token, place.token, ann?.token ?? '', bob?.token ?? '']
  const told = Array.from({ length: clients }, (_, n) => {
    const token = tokens[n % tokens.length] ?? ''
    return [ByHand.follow(place, 'websocket', token), ByHand.follow(place, 'socket.io by websocket', token)]
  }).flat()
  await Promise.all(told.map((client) => client.until((text) => text.includes('event: bookmark'))))
  using frames = new DistinctAnswers(SharedFrames.prototype, 'of')
  using packets = new DistinctAnswers(SharedPackets.prototype, 'of')
  await store.commit((tx) => tx.notes.put({ id: 'a', owner: 'x', text: 'y' }))
  await Promise.all(told.map((client) => client.until((text) => text.includes('"notes","a"'))))
  expect([frames.calls, packets.calls]).toEqual([clients, clients])
  // One for the owner's, and one for both sessions'.
  expect([frames.count, packets.count]).toEqual([2, 2])
})
