import { expect, test } from 'vitest'
import { readCron } from '../../state/cron.ts'
import type { ReadSchedule } from '../../state/jobs-kind.ts'
import { dueTimes } from './schedules.ts'

const minute = 60_000
const day = 24 * 60 * minute

function schedule(cron: string, missed: 'skip' | 'once', timeZone = 'UTC'): ReadSchedule {
  return { name: 's', cron, input: 1, missed, times: readCron(cron, timeZone) }
}

test('[J7] times that are at most 30 s old are all served, older ones are missed', () => {
  const each = schedule('*/10 * * * * *', 'skip')
  expect(dueTimes(each, 0, 9999)).toEqual([])
  expect(dueTimes(each, 0, 20_000)).toEqual([10_000, 20_000])
  expect(dueTimes(each, 0, 100_000)).toEqual([80_000, 90_000, 100_000])
})

test('[J7] of what was missed, nothing is served or the latest once, as declared', () => {
  const at = 3 * 60 * minute
  expect(dueTimes(schedule('0 3 * * *', 'skip'), 0, 10 * day)).toEqual([])
  expect(dueTimes(schedule('0 3 * * *', 'once'), 0, 10 * day)).toEqual([9 * day + at])
  expect(dueTimes(schedule('0 3 * * *', 'once'), 9 * day + at, 10 * day)).toEqual([])
})

test('[J7] looking for what was missed costs the same after years', () => {
  const asked: number[] = []
  const { times, ...rest } = schedule('* * * * *', 'once')
  const counted = { ...rest, times: { next: (after: number) => (asked.push(after), times.next(after)) } }
  const now = 20 * 365 * day
  expect(dueTimes(counted, 0, now)).toEqual([now - minute, now])
  expect(asked.length).toBeLessThan(20)
})

test('[J7] a time that a change of the zone leaves out comes once, and one that comes twice too', () => {
  const daily = schedule('30 2 * * *', 'skip', 'Europe/Berlin')
  const march = Date.UTC(2026, 2, 28, 12)
  const october = Date.UTC(2026, 9, 24, 12)
  expect(new Date(daily.times.next(march)!).toISOString()).toBe('2026-03-29T01:00:00.000Z')
  const first = daily.times.next(october)!
  expect(daily.times.next(first)! - first).toBeGreaterThan(20 * 60 * minute)
})
