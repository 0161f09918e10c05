import { expect, test } from 'vitest'
import { heldFor, unreadBy } from '../server/unread-by-hand.ts'
import { everything } from '../server/everything.ts'
import { type Carrier, Everywhere } from '../server/everywhere.ts'
import { openState } from '../support/open-state.ts'

const capBytes = 1024 * 1024
const commitBytes = 64 * 1024
const pausedCount = 8
const followerCount = 4
/** Each of half the cap, and as many as a client may ask for at once. */
const snapshotCount = 60

/** More than the kernel keeps for a connection, and the cap; who polls has nothing in the kernel. */
const commitsFor = (carrier: Carrier): number => (carrier === 'socket.io by polling' ? 40 : 250)

const isIo = (carrier: Carrier): boolean => carrier === 'socket.io by polling' || carrier === 'socket.io by websocket'

/** Over Socket.IO one connection asks for much more, and has no more room for it. */
function addressesFor(carrier: Carrier, after: string): readonly string[] {
  return [`feed?after=${after}`, ...Array.from({ length: isIo(carrier) ? snapshotCount : 0 }, () => 'snapshot')]
}

test.each(Object.keys(unreadBy) as (keyof typeof unreadBy)[])(
  '[F3] [Z23] [X36] clients by %s that are paused cost their cap at most, and the others get every commit as before',
  { timeout: 90_000 },
  async (carrier) => {
    const store = await openState(everything)
    const commits = commitsFor(carrier)
    await store.commit((tx) => {
      tx.title.set('begin')
      for (let n = 0; n < 8 && isIo(carrier); n += 1) tx.notes.put({ id: `n${n}`, owner: 'ann', text: 'x'.repeat(commitBytes) })
    })
    const place = await Everywhere.serve(store)
    const replicas = Array.from({ length: followerCount }, () => place.follow(carrier).replica)
    await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
    let seen = 0
    for (const replica of replicas) replica.title.subscribe(() => (seen += 1))
    const others = new Set(heldFor(place).keys())
    await Promise.all(Array.from({ length: pausedCount }, () => unreadBy[carrier](place, addressesFor(carrier, store.cursor))))
    let most = 0
    for (let count = 0; count < commits; count += 1) {
      await store.commit((tx) => tx.title.set(`${count} ${'x'.repeat(commitBytes)}`))
      await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
      for (const [client, held] of heldFor(place)) if (!others.has(client)) most = Math.max(most, held)
    }
    process.stdout.write(`${pausedCount} clients by ${carrier} that are paused: ${most} bytes each at most\n`)
    expect(seen).toBe(commits * followerCount)
    // They were full, so that the cap was what held.
    expect(most).toBeGreaterThan(capBytes / 2)
    expect(most).toBeLessThanOrEqual(capBytes + 2 * commitBytes)
  },
)
