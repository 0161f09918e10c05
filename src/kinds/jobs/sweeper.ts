/**
 * Finds leases whose owner is gone (rule J3).
 *
 * A lease is taken from its owner when
 *
 *   - the owner's process is proven dead: at once; or
 *   - it has run out by the wall clock, and was seen not to be renewed for a heartbeat since; or
 *   - it was seen not to be renewed for a whole lease and a heartbeat, whatever the wall clock says.
 *
 * What was seen is forgotten when the clock steps and when this process has slept: then everybody may have, and the living get a
 * heartbeat to show that they are. The same holds for a store that was just opened, where nothing has been seen yet.
 */
import type { Clock } from '../../base/clock.ts'
import { isProvenDead } from '../../sqlite/process-life.ts'
import { heartbeatMs, type Lease } from './leases.ts'

/** A wall clock that goes so much faster or slower than time passes was set, ms. */
const stepMs = 1000

export interface SweeperParts {
  readonly clock: Clock
  readonly leaseMs: number
  /** How often it looks, ms. */
  readonly everyMs: number
  /** This process, as `nameProcess` names it. */
  readonly process: string
  /** True for a lease of this open store of which it knows that it is being worked on. */
  readonly isOwn: (lease: Lease) => boolean
}

interface Sighting {
  readonly token: string
  readonly beats: number
  /** Elapsed ms. */
  readonly since: number
}

export class Sweeper {
  readonly #parts: SweeperParts
  #seen = new Map<string, Sighting>()
  #lastLook: { readonly now: number; readonly elapsed: number } | undefined

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** Which of the leases there are have lost their owner. */
  look(leases: readonly Lease[]): readonly Lease[] {
    const { clock, isOwn, process } = this.#parts
    const [now, elapsed] = [clock.now(), clock.elapsed()]
    if (this.#hasSlept(now, elapsed)) this.#seen.clear()
    this.#lastLook = { now, elapsed }
    const before = this.#seen
    this.#seen = new Map()
    const lost: Lease[] = []
    for (const lease of leases) {
      if (isOwn(lease)) continue
      const since = this.#see(before.get(lease.job), lease, elapsed)
      if (isProvenDead(lease.process, process) || this.#isExpired(lease, { now, unchangedMs: elapsed - since })) lost.push(lease)
    }
    return lost
  }

  #see(sighting: Sighting | undefined, { job, token, beats }: Lease, elapsed: number): number {
    const isSame = sighting?.token === token && sighting.beats === beats
    const since = isSame ? sighting.since : elapsed
    this.#seen.set(job, { token, beats, since })
    return since
  }

  #isExpired({ expires }: Lease, { now, unchangedMs }: { readonly now: number; readonly unchangedMs: number }): boolean {
    const { leaseMs, everyMs } = this.#parts
    const beatMs = heartbeatMs(leaseMs)
    return expires < now ? unchangedMs > beatMs + everyMs : unchangedMs > leaseMs + beatMs
  }

  #hasSlept(now: number, elapsed: number): boolean {
    if (this.#lastLook === undefined) return false
    const passed = elapsed - this.#lastLook.elapsed
    const byWall = now - this.#lastLook.now
    const { everyMs, leaseMs } = this.#parts
    return Math.abs(byWall - passed) > Math.min(stepMs, leaseMs) || passed > everyMs + heartbeatMs(leaseMs)
  }
}
