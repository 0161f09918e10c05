import { expect, onTestFinished, test } from 'vitest'
import { openStoreWith } from '../../src/store/open-store.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { host, sample } from '../support/sample-state.ts'
import { TakenSnapshots } from '../support/taken-snapshots.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { readUntil, serveSample } from './served.ts'

const clients = 200

test('[H1] [H5] a storm of clients, while the store is written to, is served from two snapshots at most', async () => {
  // Time stands still, so that no snapshot grows old, however slow the machine is.
  const store = await openStoreWith(new FakeClock().seams, sample, { directory: temporaryDirectory() })
  onTestFinished(() => store.close())
  for (let n = 0; n < 300; n += 1) void store.commit((tx) => tx.hosts.put(host(`h${n}`)))
  await store.commit((tx) => tx.title.set('begin'))
  const { ask } = await serveSample({ maxConnections: clients + 10, maxStreams: clients + 10 }, store)
  using snapshots = new TakenSnapshots()
  const hydrate = async (n: number): Promise<void> => {
    const text = await readUntil(await ask(n % 2 === 0 ? 'snapshot' : 'feed'), (sofar) => sofar.includes('{"end":'))
    expect(text.match(/\["h\d+"/g)).toHaveLength(300)
    await store.commit((tx) => tx.counter.set(n), { durability: 'process' })
  }
  await Promise.all(Array.from({ length: clients }, (_, n) => hydrate(n)))
  expect(snapshots.count).toBeGreaterThan(0)
  expect(snapshots.count).toBeLessThanOrEqual(2)
})
