import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { Connection } from '../../sqlite/driver.ts'
import { loadDriver } from '../../sqlite/load-driver.ts'
import { createSystemTables, newStoreMeta, writeMeta } from '../../sqlite/tables.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import type { Slice, SnapshotSource } from './snapshot-source.ts'
import { type SnapshotParts, Snapshots } from './snapshots.ts'

let connection: Connection
let elapsedMs: number
let published: { revision: number; chain: string; position: number }
let snapshots: Snapshots
let waitedFor: number[]

beforeEach(async () => {
  connection = (await loadDriver('node:sqlite')).open({ file: ':memory:' })
  connection.exec(createSystemTables)
  const meta = newStoreMeta({ storeId: 'id', epoch: 'epoch_01', stateName: 's', stateVersion: 1, createdAt: 0, chain: 'first chain' })
  for (const [name, value] of meta) connection.prepare(writeMeta).run(name, value)
  elapsedMs = 1000
  published = { revision: 0, chain: 'first chain', position: 0 }
  waitedFor = []
  snapshots = new Snapshots(parts())
})

function parts(): SnapshotParts {
  return {
    clock: { ...systemClock, elapsed: () => elapsedMs },
    openReader: async () => ({ connection, isOwn: true }),
    whenPublished: async (revision) => void waitedFor.push(revision),
    head: () => published,
  }
}

afterEach(() => connection.close())

interface Fake extends SnapshotSource {
  /** Rows asked for, slice by slice. */
  readonly asked: number[]
  /** Whether each slice was read inside one transaction, and what was current. */
  readonly inside: boolean[]
}

/** A kind of so many rows, whose slices take `msPerRow` each. */
function fake(name: string, rows: number, msPerRow: number): Fake {
  const asked: number[] = []
  const inside: boolean[] = []
  function* slices(): Generator<Slice, void, number> {
    let wanted: number = yield { bytes: new Uint8Array(0), count: 0 }
    for (let left = rows; left > 0;) {
      asked.push(wanted)
      inside.push(connection.inTransaction)
      const count = Math.min(wanted, left)
      left -= count
      elapsedMs += count * msPerRow
      wanted = yield { bytes: new TextEncoder().encode('[]\n'.repeat(count)), count }
    }
  }
  return { name, slices, asked, inside }
}

const lines = (count: number): string => '[]\n'.repeat(count)
const textOf = (bytes: readonly Uint8Array[]): string => Buffer.concat(bytes).toString()

describe('a snapshot', () => {
  test('[H5] is read in slices whose size follows the time they take, in one transaction', async () => {
    const quick = fake('quick', 200_000, 0.0001)
    const slow = fake('slow', 3000, 0.5)
    const { kinds, point, epoch } = await snapshots.take([quick, slow], false)
    expect(quick.asked.slice(0, 4)).toEqual([16, 32, 64, 128])
    expect(Math.max(...quick.asked)).toBe(20_000)
    // Each kind begins anew, because its records may be of another size; 3 ms a slice are six rows of this one.
    expect(slow.asked.slice(0, 3)).toEqual([16, 6, 6])
    expect([...quick.inside, ...slow.inside].every((isInside) => isInside)).toBe(true)
    expect(connection.inTransaction).toBe(false)
    expect([kinds.get('quick')?.count, kinds.get('slow')?.count]).toEqual([200_000, 3000])
    expect(textOf(kinds.get('slow')?.bytes ?? [])).toBe(lines(3000))
    expect([epoch, point]).toEqual(['epoch_01', { revision: 0, chain: 'first chain', position: 0 }])
  })

  test('[H5] lets the event loop turn after each slice', async () => {
    const source = fake('slow', 300, 1)
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns += 1
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await snapshots.take([source], false)
    isDone = true
    expect(source.asked.length).toBeGreaterThan(20)
    expect(turns).toBeGreaterThanOrEqual(source.asked.length)
  })

  test('[H5] ends at 5 s, closes its transaction, and the next one begins', async () => {
    await expect(snapshots.take([fake('endless', 100_000, 1)], false)).rejects.toMatchObject({
      code: 'SNAPSHOT_TOO_SLOW',
      details: { limitMs: 5000 },
    })
    expect([connection.inTransaction, snapshots.openSince]).toEqual([false, undefined])
    const { kinds } = await snapshots.take([fake('short', 5, 1)], false)
    expect(kinds.get('short')?.count).toBe(5)
  })

  test('[D7] is handed out when the revision it was read at is published', async () => {
    connection.exec("INSERT INTO hf_commit VALUES (7, 'chain of 7', 0, 'i', 1, NULL, NULL, 70, '[]')")
    const { point } = await snapshots.take([fake('one', 1, 0)], false)
    expect([point, waitedFor]).toEqual([{ revision: 7, chain: 'chain of 7', position: 70 }, [7]])
  })

  test('[H5] several wait for each other, and one that fails keeps nobody', async () => {
    const all = [fake('a', 1000, 0.01), fake('endless', 100_000, 1), fake('b', 1000, 0.01)]
    const results = await Promise.allSettled(all.map((source) => snapshots.take([source], false)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})

describe('a shared snapshot', () => {
  test('[H5] serves who comes within a second and 1,000 commits, for the same kinds', async () => {
    const [a, b] = [fake('a', 3, 0), fake('b', 3, 0)]
    const first = await snapshots.take([a], true)
    expect(await snapshots.take([a], true)).toBe(first)
    expect(await snapshots.take([a, b], true)).not.toBe(first)
    expect(await snapshots.take([a], false)).not.toBe(first)
    published = { revision: 1000, chain: 'x', position: 0 }
    elapsedMs += 1000
    expect(await snapshots.take([a], true)).toBe(first)
    published = { revision: 1001, chain: 'x', position: 0 }
    const second = await snapshots.take([a], true)
    expect(second).not.toBe(first)
    elapsedMs += 1001
    expect(await snapshots.take([a], true)).not.toBe(second)
  })

  test('[H5] serves whoever comes while nothing is committed, and is let go 10 s after it was last given out', async () => {
    const clock = new ManualClock()
    snapshots = new Snapshots({ ...parts(), clock })
    const source = fake('a', 3, 0)
    const first = await snapshots.take([source], true)
    for (let round = 0; round < 4; round += 1) {
      await clock.pass(9999)
      expect(await snapshots.take([source], true)).toBe(first)
    }
    await clock.pass(10_000)
    expect(clock.waitsUntil).toEqual([])
    expect(await snapshots.take([source], true)).not.toBe(first)
    snapshots.close()
    expect(clock.waitsUntil).toEqual([])
  })

  test('[H5] that is let go while somebody is about to get it is not kept for others', async () => {
    const clock = new ManualClock()
    snapshots = new Snapshots({ ...parts(), clock })
    const source = fake('a', 3, 0)
    const first = await snapshots.take([source], true)
    const again = snapshots.take([source], true)
    snapshots.forget()
    expect(await again).toBe(first)
    expect(clock.waitsUntil).toEqual([])
    expect(await snapshots.take([source], true)).not.toBe(first)
  })

  test('[H5] that turns out too old is replaced by one for all who waited for it', async () => {
    const source = fake('a', 2000, 0.001)
    const early = snapshots.take([source], true)
    const late = [snapshots.take([source], true), snapshots.take([source], true), snapshots.take([source], true)]
    published = { revision: 1001, chain: 'x', position: 0 }
    const [second, ...others] = await Promise.all(late)
    expect(second).not.toBe(await early)
    for (const other of others) expect(other).toBe(second)
  })

  test('[Z23] is kept for others as long as there are not too many bytes of them', async () => {
    const bytes = new Uint8Array(24 * 1024 * 1024)
    function* slices(): Generator<Slice, void, number> {
      yield { bytes: new Uint8Array(0), count: 0 }
      yield { bytes, count: 1 }
    }
    const sources = ['a', 'b', 'c'].map((name): SnapshotSource => ({ name, slices }))
    const take = (name: number): Promise<unknown> => snapshots.take(sources.slice(name, name + 1), true)
    const [a, b] = [await take(0), await take(1)]
    expect([(await take(0)) === a, (await take(1)) === b]).toEqual([true, true])
    const c = await take(2)
    expect([(await take(1)) === b, (await take(2)) === c, (await take(0)) === a]).toEqual([true, true, false])
    const all = await snapshots.take(sources, true)
    expect(await snapshots.take(sources, true)).toBe(all)
  })

  test('[H5] serves those who come while it is taken, and is not kept when it fails', async () => {
    const source = fake('a', 2000, 0.001)
    const [first, second] = await Promise.all([snapshots.take([source], true), snapshots.take([source], true)])
    expect(second).toBe(first)
    const endless = fake('endless', 100_000, 1)
    const failed = await Promise.allSettled([snapshots.take([endless], true), snapshots.take([endless], true)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const short = { ...fake('endless', 5, 0) }
    expect((await snapshots.take([short], true)).kinds.get('endless')?.count).toBe(5)
  })
})
