import { expect, test } from 'vitest'
import { ByHand, type Stream, streams } from '../server/by-hand.ts'
import { everything } from '../server/everything.ts'
import { Everywhere } from '../server/everywhere.ts'
import { openState } from '../support/open-state.ts'

const records = 3000
const text = 'x'.repeat(1000)

/** A portion is 256 KiB, of which two may come between two looks, and the system would take 2 MiB and more at once. */
const mostBytes = 1024 * 1024

/** The most that is written to one connection between two turns of the event loop, and all of it. */
class WrittenPerTurn implements Disposable {
  most = 0
  total = 0
  #isOver = false

  constructor({ connections }: Everywhere) {
    let before = new Map<object, number>()
    const look = (): void => {
      const now = new Map([...connections].map((connection) => [connection, connection.bytesWritten] as const))
      for (const [connection, bytes] of now) {
        const written = bytes - (before.get(connection) ?? 0)
        this.most = Math.max(this.most, written)
        this.total += written
      }
      before = now
      if (!this.#isOver) setImmediate(look)
    }
    look()
    this.most = 0
    this.total = 0
  }

  [Symbol.dispose](): void {
    this.#isOver = true
  }
}

test('[P7] [H1] a long snapshot is written portion by portion by each, and the event loop turns in between', async () => {
  const store = await openState(everything)
  for (let first = 0; first < records; first += 500) {
    await store.commit((tx) => {
      for (let n = first; n < first + 500; n += 1) tx.notes.put({ id: `n${n}`, owner: 'ann', text })
    })
  }
  const place = await Everywhere.serve(store)
  const hydrate = async (stream: Stream | 'GET'): Promise<string> => {
    if (stream !== 'GET') return ByHand.follow(place, stream).until((sofar) => sofar.includes('{"end":'))
    const response = await fetch(`${place.url}/state/snapshot`, { headers: { authorization: `Bearer ${place.token}` } })
    return response.text()
  }
  for (const stream of [...streams, 'GET'] as const) {
    using written = new WrittenPerTurn(place)
    await hydrate(stream)
    expect([stream, written.total]).toEqual([stream, expect.toSatisfy((total: number) => total > records * text.length)])
    expect([stream, written.most]).toEqual([stream, expect.toSatisfy((most: number) => most < mostBytes)])
  }
})
