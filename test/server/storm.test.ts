import { expect, onTestFinished, test } from 'vitest'
import { openStoreWith } from '../../src/store/open-store.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { TakenSnapshots } from '../support/taken-snapshots.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ByHand, streams } from './by-hand.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'

const clients = 60
const records = 300

test('[H1] [H5] a storm of clients by every way is served from one snapshot, and from two at most while the store is written to', async () => {
  // Time stands still, so that no snapshot grows old, however slow the machine is.
  const store = await openStoreWith(new FakeClock().seams, everything, { directory: temporaryDirectory() })
  onTestFinished(() => store.close())
  for (let n = 0; n < records; n += 1) void store.commit((tx) => tx.notes.put({ id: `n${n}`, owner: 'ann', text: '' }))
  await store.commit((tx) => tx.title.set('begin'))
  const place = await Everywhere.serve(store, { maxStreams: clients + 10 })
  const read = async (n: number): Promise<string> => {
    const stream = [...streams, undefined][n % (streams.length + 1)]
    if (stream !== undefined) {
      const client = ByHand.follow(place, stream)
      const text = await client.until((sofar) => sofar.includes('{"end":'))
      client.close()
      return text
    }
    const response = await fetch(`${place.url}/state/snapshot`, { headers: { authorization: `Bearer ${place.token}` } })
    return response.text()
  }
  const storm = async (then: (n: number) => unknown): Promise<number> => {
    using snapshots = new TakenSnapshots()
    const hydrate = async (n: number): Promise<void> => {
      expect((await read(n)).match(/\["n\d+"/g)).toHaveLength(records)
      await then(n)
    }
    await Promise.all(Array.from({ length: clients }, (_, n) => hydrate(n)))
    return snapshots.count
  }
  const besideWriter = await storm((n) => store.commit((tx) => tx.title.set(`${n}`), { durability: 'process' }))
  expect(besideWriter).toBeGreaterThan(0)
  expect(besideWriter).toBeLessThanOrEqual(2)
  expect(await storm(() => undefined)).toBe(1)
  expect(place.errors).toEqual([])
})
