import { expect, onTestFinished, test } from 'vitest'
import { WebSocket as ProgramSocket } from 'ws'
import { SharedPackets } from '../../src/server/socket-io/packets.ts'
import { SharedFrames } from '../../src/server/web-socket/frames.ts'
import { DistinctAnswers } from '../support/distinct-answers.ts'
import { openState } from '../support/open-state.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'

const clients = 40

/** What a client that speaks by hand was told. */
interface Told {
  text: string
}

function byWebSocket({ url }: Everywhere, address: string, token: string): Told {
  const told = { text: '' }
  const socket = new ProgramSocket(`${url.replace('http', 'ws')}/state/${address}`, ['holdfast.1', `bearer.${token}`])
  onTestFinished(() => socket.terminate())
  socket.on('message', (bytes: Buffer) => (told.text += bytes.toString()))
  return told
}

function bySocketIo(place: Everywhere, address: string, token: string): Told {
  const told = { text: '' }
  const socket = place.dial('websocket', token)
  socket.on('holdfast', (_id, text) => typeof text === 'string' && (told.text += text))
  socket.emit('holdfast', 1, address)
  return told
}

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
    return [byWebSocket(place, 'feed', token), bySocketIo(place, 'feed', token)]
  }).flat()
  await expect.poll(() => told.every(({ text }) => text.includes('event: bookmark'))).toBe(true)
  using frames = new DistinctAnswers(SharedFrames.prototype, 'of')
  using packets = new DistinctAnswers(SharedPackets.prototype, 'of')
  await store.commit((tx) => tx.notes.put({ id: 'a', owner: 'x', text: 'y' }))
  await expect.poll(() => told.every(({ text }) => text.includes('"notes","a"'))).toBe(true)
  expect([frames.calls, packets.calls]).toEqual([clients, clients])
  // One for the owner's, and one for both sessions'.
  expect([frames.count, packets.count]).toEqual([2, 2])
})
