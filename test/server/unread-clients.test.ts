import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { askFor, byHand, heldFor, unreadBy } from './unread-by-hand.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'

/** With more than the system keeps for a connection that is not read. */
let store: Store<typeof everything>

beforeAll(async () => {
  store = await openStore(everything, { directory: mkdtempSync(join(tmpdir(), 'unread-')) })
  await store.commit((tx) => {
    for (let n = 0; n < 300; n += 1) tx.notes.put({ id: `n${n}`, owner: 'ann', text: 'x'.repeat(40_000) })
  })
})
afterAll(async () => {
  await store.close()
  rmSync(store.directory, { recursive: true })
})

const mostHeld = (place: Everywhere): number => Math.max(...heldFor(place).values())

/** Resolves once something is held, and it gets no more. */
async function holdsUp(place: Everywhere): Promise<void> {
  let before = 0
  const isStill = (): boolean => {
    const held = mostHeld(place)
    const isSame = held === before
    before = held
    return isSame && held > 0
  }
  await expect.poll(isStill).toBe(true)
}

/** An answer that ends at once, all of which waits. */
const page = `page?kind=notes&query=${encodeURIComponent('{"limit":5}')}`

test.each([
  ['sse', 'feed'],
  ['websocket', 'feed'],
  ['socket.io by websocket', 'feed'],
  ['socket.io by polling', 'feed'],
  ['sse', 'snapshot'],
  ['socket.io by websocket', 'snapshot'],
  ['socket.io by polling', 'snapshot'],
  ['socket.io by polling', page],
] as const)('[F3] a client by %s that takes nothing of %s for 30 s is let go, and learns of it', async (carrier, address) => {
  const clock = new ManualClock()
  const place = await Everywhere.serve(store, { clock })
  // By polls it has the beginning before there is more.
  const addresses = carrier === 'socket.io by polling' ? ['health', address] : [address]
  const client = await unreadBy[carrier](place, addresses)
  await holdsUp(place)
  await clock.pass(29_000)
  expect([place.handler.streams, mostHeld(place) > 0]).toEqual([address === 'feed' ? 1 : 0, true])
  // What the system took after all gives it 30 s more.
  while (place.errors.length === 0 && clock.now() < 61_000) {
    await client.stir?.()
    await clock.pass(1000)
  }
  expect(place.errors).toMatchObject([{ code: 'CONSUMER_TOO_SLOW', details: { patienceMs: 30_000 } }])
  expect([place.handler.streams, place.io.engine.clientsCount]).toEqual([0, 0])
  await expect.poll(() => mostHeld(place)).toBeLessThanOrEqual(0)
  await client.seesEnd()
})

test('[F3] what a stream over Socket.IO left behind when it ended is to be taken within 30 s, too', async () => {
  const clock = new ManualClock()
  const place = await Everywhere.serve(store, { clock })
  const client = await unreadBy['socket.io by polling'](place, ['feed'])
  await holdsUp(place)
  place.handler.close()
  await clock.pass(29_000)
  expect([place.handler.streams, place.io.engine.clientsCount]).toEqual([0, 1])
  await clock.pass(2_000)
  expect(place.io.engine.clientsCount).toBe(0)
  await client.seesEnd()
})

test('[F3] [Z23] answers over one connection share its room and take turns, so that none waits for the end of another', async () => {
  // By polls, where the system keeps nothing, all that waits is seen.
  const place = await Everywhere.serve(store)
  const client = await byHand.polling(place)
  for (const id of [1, 2, 3]) await client.say(askFor(id, 'snapshot'))
  await holdsUp(place)
  for (let id = 4; id < 14; id += 1) await client.say(askFor(id, page))
  await client.say(askFor(14, 'feed'))
  let most = 0
  let looked = 0
  const ends: number[] = []
  const heard = await client.hear((all) => {
    most = Math.max(most, mostHeld(place))
    for (; looked < all.length; looked += 1) {
      const [, id] = /^42\/holdfast,\["holdfast",(\d+)\]$/.exec(all[looked] ?? '') ?? []
      if (id !== undefined) ends.push(Number(id))
    }
    return ends.length === 13
  })
  expect(ends.slice(0, 10).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, at) => at + 4))
  // The stream, too, has begun by then.
  const isStreamed = (packet: string): boolean => packet.startsWith('42/holdfast,["holdfast",0,')
  expect(heard.findIndex(isStreamed)).toBeLessThan(heard.indexOf(`42/holdfast,["holdfast",${ends[10]}]`))
  expect(most).toBeLessThan(1024 * 1024)
})
