import { expect, test } from 'vitest'
import { eachDriver } from '../support/drivers.ts'
import { passSeconds, SteppingClock } from '../support/stepping-clock.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { data, openStill } from './open-still.ts'
import { absoluteMs, idleMs } from './signed-in.ts'

const graceMs = 30_000

eachDriver((driver) => {
  test('[R8] uses of sessions are written once a minute at most, outside the history, and bring nothing to followers', async () => {
    const directory = temporaryDirectory()
    const { store, clock } = await openStill({ directory, driver })
    const { token } = await store.sessions.create({ user: 'ada', data })
    const tables = await openTables(directory, driver)
    const used = (): unknown => tables.all('SELECT used FROM k2')[0]?.[0]
    const rows = (): unknown => tables.all('SELECT key, value, revision, at, crc FROM k2')
    const [began, row, cursor] = [clock.now(), rows(), store.cursor]
    expect(used()).toBe(began)
    const written = new Set<unknown>()
    for (let second = 0; second < 150; second += 1) {
      store.sessions.verify(token)
      await passSeconds(clock, 1000)
      written.add(used())
    }
    expect(written.size).toBe(3)
    const times = [...written].map(Number)
    expect(times[0]).toBe(began)
    for (const [i, time] of times.entries()) if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(59_000)
    expect([rows(), store.cursor]).toEqual([row, cursor])
    expect(store.sessions.verify(token)).toBeDefined()
  })
})

test('[R8] what was not written yet of uses is written at close', async () => {
  const directory = temporaryDirectory()
  const { store, clock } = await openStill({ directory })
  const { token } = await store.sessions.create({ user: 'ada', data })
  await passSeconds(clock, 20_000)
  store.sessions.verify(token)
  await store.close()
  clock.step(idleMs - 10_000)
  const again = await openStill({ directory }, clock)
  expect(again.store.sessions.verify(token)).toBeDefined()
})

test('[R8] sessions that are over leave by a commit within a second, and none that is used', async () => {
  const { store, clock } = await openStill()
  const used = await store.sessions.create({ user: 'ada', data })
  const idle = await store.sessions.create({ user: 'bob', data })
  const gone: unknown[] = []
  store.sessions.onRevoked((ids, { label }) => void gone.push([ids, label, clock.now()]))
  const began = clock.now()
  for (let passed = 0; passed < idleMs - 1000; passed += 1000) {
    store.sessions.verify(used.token)
    await passSeconds(clock, 1000)
  }
  expect(gone).toEqual([])
  store.sessions.verify(used.token)
  await passSeconds(clock, 2000)
  expect(gone).toHaveLength(1)
  const [[ids, label, at]] = gone as [[unknown, unknown, number]]
  expect([ids, label]).toEqual([[idle.id], 'sessions that are over'])
  expect(at - began - idleMs).toBeLessThanOrEqual(1000)
  for (let passed = idleMs + 1000; passed < absoluteMs + 1000; passed += 1000) {
    store.sessions.verify(used.token)
    await passSeconds(clock, 1000)
  }
  expect(gone).toHaveLength(2)
  expect(gone[1]).toEqual([[used.id], 'sessions that are over', began + absoluteMs])
})

test('[R8] none leaves in the first moments after opening, or after a step of the clock', async () => {
  const directory = temporaryDirectory()
  const before = await openStill({ directory })
  const { id, token } = await before.store.sessions.create({ user: 'ada', data })
  await before.store.close()
  const clock = new SteppingClock()
  clock.step(idleMs * 2)
  const { store } = await openStill({ directory }, clock)
  const isThere = (): boolean => store.why('sessions', id) !== undefined
  // Each look judges the time itself, whether it has left or not.
  expect(store.sessions.verify(token)).toBeUndefined()
  await passSeconds(clock, graceMs - 1000)
  expect(isThere()).toBe(true)
  // The clock was wrong: it is set, and the session is as valid as it was.
  clock.step(-idleMs * 2)
  expect(store.sessions.verify(token)).toBeDefined()
  await passSeconds(clock, 2000)
  clock.step(idleMs * 2)
  await passSeconds(clock, graceMs - 1000)
  expect(isThere()).toBe(true)
  await passSeconds(clock, 3000)
  expect(isThere()).toBe(false)
})

test('[R8] a store that was opened read-only keeps nothing and writes nothing', async () => {
  const directory = temporaryDirectory()
  const before = await openStill({ directory })
  const { token } = await before.store.sessions.create({ user: 'ada', data })
  await before.store.close()
  const events: unknown[] = []
  const { store, clock } = await openStill({ directory, readOnly: true, report: (event) => void events.push(event) }, before.clock)
  clock.step(5000)
  expect(store.sessions.verify(token)).toBeDefined()
  await passSeconds(clock, 2000)
  expect(clock.waitsUntil).toEqual([])
  clock.step(idleMs)
  expect(store.sessions.verify(token)).toBeUndefined()
  await store.close()
  expect(events).toEqual([])
})
