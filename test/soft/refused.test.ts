/** Values written behind that can never be committed. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, type ReportEvent } from '../../src/index.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { eachDriver } from '../support/drivers.ts'
import { findFaults } from '../support/fold.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { behind, type Seat, strict } from './seats.ts'

interface Options {
  readonly driver: 'node:sqlite' | 'better-sqlite3'
  readonly maxCommitBytes?: number
  readonly seats?: readonly Seat[]
}

/** Opens what another version wrote, in which no time passes but by the clock. */
async function openBehind({ seats = [], ...options }: Options) {
  const clock = new ManualClock()
  const directory = temporaryDirectory()
  const other = await openStore(strict, { directory, driver: options.driver })
  await other.commit((tx) => seats.forEach((seat) => tx.seats.put(seat)))
  await other.close()
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent): void => void (event.type === 'kept' || reports.push(event))
  const store = await openStoreWith({ ...systemSeams(), clock }, behind, { directory, report, ...options })
  onTestFinished(() => store.close())
  return { clock, store, directory, reports }
}

eachDriver((driver) => {
  describe('[D3] a write that is refused for what it says', () => {
    test('[D3] keeps no other from being committed, is named in health and one report, and goes when it is written anew', async () => {
      const { store, clock, directory, reports } = await openBehind({ driver, seats: [{ id: 'a', seat: 1 }] })
      store.seats.put({ id: 'b', seat: 1 })
      store.seats.put({ id: 'c', seat: 3 })
      store.progress.set(1)
      await clock.pass(100)
      const named = { kind: 'seats', key: 'b', code: 'UNIQUE_CONFLICT', message: expect.stringContaining('bySeat') }
      const stuck = { pendingWrites: 1, pendingFailure: named.message, refusedWrites: [named] }
      expect(store.health()).toMatchObject({ revision: 2, ...stuck })
      expect([store.seats.get('b')?.seat, store.seats.get('c')?.seat]).toEqual([1, 3])
      // New writes do not wait for it; nor does whoever touches the kind.
      store.progress.set(2)
      await clock.pass(100)
      expect(store.health()).toMatchObject({ revision: 3, ...stuck })
      expect((await store.commit((tx) => [tx.seats.count(), tx.seats.get('b')])).value).toEqual([2, undefined])
      await clock.pass(60_000)
      expect(await outcomeOf(store.flush())).toBe('UNIQUE_CONFLICT')
      const message = 'seats "b" was written behind and cannot be committed; it stays pending, and is tried again.'
      expect(reports).toEqual([{ type: 'write-refused', message, error: expect.objectContaining({ code: 'UNIQUE_CONFLICT' }) }])
      store.seats.put({ id: 'b', seat: 2 })
      await clock.pass(100)
      expect(store.health()).toMatchObject({ pendingWrites: 0, pendingFailure: undefined, refusedWrites: [] })
      await store.flush()
      await store.close()
      expect(findFaults(await openTables(directory))).toEqual([])
    })

    test('[D3] is committed by itself once nothing stands in its way', async () => {
      const { store, clock } = await openBehind({ driver, seats: [{ id: 'a', seat: 1 }] })
      store.seats.put({ id: 'b', seat: 1 })
      await clock.pass(100)
      expect(store.health().refusedWrites).toHaveLength(1)
      await store.commit((tx) => tx.progress.set(7))
      await store.commit((tx) => tx.seats.delete('a'))
      await clock.pass(10_000)
      expect(store.health()).toMatchObject({ pendingWrites: 0, refusedWrites: [] })
      expect(store.seats.entry('b')?.value).toEqual({ id: 'b', seat: 1 })
    })

    test('[D3] can be reverted: reads see what is committed again; nothing of it is left when the store closes', async () => {
      const { store, clock, reports } = await openBehind({
        driver,
        seats: [
          { id: 'a', seat: 1 },
          { id: 'b', seat: 2 },
        ],
      })
      store.seats.put({ id: 'b', seat: 1 })
      store.progress.set(1)
      expect([store.progress.revert(), store.progress.revert(), store.progress.get()]).toEqual([true, false, undefined])
      await clock.pass(100)
      expect([store.seats.get('b')?.seat, store.health().pendingWrites]).toEqual([1, 1])
      expect(store.seats.revert('b')).toBe(true)
      expect([store.seats.get('b')?.seat, store.seats.find().items.map(({ seat }) => seat), store.seats.revert('b')]).toEqual([
        2,
        [1, 2],
        false,
      ])
      expect(outcome(() => store.seats.revert(1 as never))).toBe('VALUE_INVALID')
      expect(store.health()).toMatchObject({ revision: 1, pendingWrites: 0 })
      store.seats.put({ id: 'c', seat: 1 })
      await store.close()
      expect(reports.map(({ type }) => type)).toEqual(['write-refused', 'write-refused', 'background-failed'])
      expect(reports.at(-1)?.message).toContain('Refused were seats "c".')
      expect(outcome(() => store.seats.revert('c'))).toBe('STORE_CLOSED')
    })

    test('[D3] [C10] what replaces more than one commit holds is committed in parts, and what no commit holds is named', async () => {
      const note = 'x'.repeat(6000)
      const seats = ['a', 'b', 'c'].map((id, i) => ({ id, seat: i, note }))
      const { store, clock, directory } = await openBehind({
        driver,
        seats: [...seats, { id: 'd', seat: 9, note: note + note }],
        maxCommitBytes: 10_000,
      })
      for (const id of ['a', 'b', 'c', 'd']) store.seats.put({ id, seat: 20 + id.charCodeAt(0) })
      await clock.pass(200)
      expect(store.health().refusedWrites).toMatchObject([{ kind: 'seats', key: 'd', code: 'COMMIT_TOO_LARGE' }])
      expect(store.health().pendingWrites).toBe(1)
      expect((await store.commit((tx) => tx.seats.find().items.map(({ note: kept }) => kept === undefined))).value).toEqual([
        true,
        true,
        true,
        false,
      ])
      expect(await outcomeOf(store.flush())).toBe('COMMIT_TOO_LARGE')
      expect(store.seats.revert('d')).toBe(true)
      await store.close()
      expect(findFaults(await openTables(directory))).toEqual([])
    })
  })
})

test('[D3] [N2] a write that is refused keeps no process alive', () => {
  const program = fileURLToPath(new URL('./refused-program.ts', import.meta.url))
  const args = ['--disable-warning=ExperimentalWarning', program, temporaryDirectory()]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 })
  expect([status, stdout]).toEqual([0, 'refused 1'])
})
