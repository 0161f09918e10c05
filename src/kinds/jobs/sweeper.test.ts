import { expect, test } from 'vitest'
import type { Lease } from './leases.ts'
import { Sweeper } from './sweeper.ts'

/** A clock whose two times move as told. */
class TwoTimes {
  wall = 1_000_000
  passed = 0
  now = (): number => this.wall
  elapsed = (): number => this.passed
  after = (): { cancel: () => void } => ({ cancel: () => undefined })

  pass(ms: number): void {
    this.wall += ms
    this.passed += ms
  }
}

const leaseMs = 30_000
const everyMs = 1000

function scene() {
  const clock = new TwoTimes()
  const sweeper = new Sweeper({ clock, leaseMs, everyMs, process: '', isOwn: () => false })
  let lease: Lease = { job: 'a', token: 't', owner: 'o', process: '', beats: 100, expires: clock.wall + leaseMs }
  return {
    clock,
    renew: () => (lease = { ...lease, beats: lease.beats - 1, expires: clock.wall + leaseMs }),
    look: () => sweeper.look([lease]).map(({ job }) => job),
    /** Looks each second, renewing each ten seconds if its owner lives; answers after how many ms it was lost. */
    lostAfter(ms: number, { isAlive }: { isAlive: boolean }): number | undefined {
      for (let at = everyMs; at <= ms; at += everyMs) {
        clock.pass(everyMs)
        if (isAlive && at % 10_000 === 0) this.renew()
        if (this.look().length > 0) return at
      }
      return undefined
    },
  }
}

test('[J3] a lease that is renewed is never taken, and one that is not, once it has run out', () => {
  const { lostAfter, ...rest } = scene()
  const here = { lostAfter, ...rest }
  here.look()
  expect(here.lostAfter(300_000, { isAlive: true })).toBeUndefined()
  expect(here.lostAfter(60_000, { isAlive: false })).toBe(31_000)
})

test('[J3] after the clock was set forward, a living owner has a heartbeat to show itself', () => {
  const here = scene()
  here.look()
  here.lostAfter(9000, { isAlive: false })
  here.clock.wall += 3_600_000
  expect(here.lostAfter(10_000, { isAlive: true })).toBeUndefined()
  here.clock.wall += 3_600_000
  expect(here.lostAfter(60_000, { isAlive: false })).toBe(13_000)
})

test('[J3] after the clock was set back, a dead owner is found out all the same', () => {
  const here = scene()
  here.look()
  here.clock.wall -= 24 * 3_600_000
  expect(here.lostAfter(120_000, { isAlive: true })).toBeUndefined()
  here.clock.wall -= 24 * 3_600_000
  // A second until it is seen, a lease and a heartbeat, and a second until it is looked at again.
  expect(here.lostAfter(120_000, { isAlive: false })).toBe(leaseMs + 10_000 + 2 * everyMs)
})

test('[J3] after this process has slept, others may have too: they get a heartbeat', () => {
  const here = scene()
  here.look()
  here.clock.pass(3_600_000)
  expect(here.look()).toEqual([])
  expect(here.lostAfter(10_000, { isAlive: true })).toBeUndefined()
})

test('[J3] a store that was just opened waits a heartbeat before it takes a lease that has run out', () => {
  const here = scene()
  here.clock.pass(3_600_000)
  expect(here.look()).toEqual([])
  expect(here.lostAfter(60_000, { isAlive: false })).toBe(12_000)
})
