/**
 * Schedules: a job for each time of a cron expression, once, however many processes have the store open.
 *
 * All of them look; up to which time a schedule is served stands in a row that moves inside the commit that enqueues the job, so that one
 * of them does it. Times are served one by one while they are at most 30 s old. What is older was missed: nobody was there.
 */
import type { Timer } from '../../base/clock.ts'
import { isHoldfastError } from '../../base/error.ts'
import type { KindServices } from '../../engine/kind-runtime.ts'
import type { ReadSchedule } from '../../state/jobs-kind.ts'
import type { Ticks } from './ticks.ts'
import { JobsTxImpl } from './tx.ts'

/** A time that is so much in the past was missed, ms. */
export const lateMs = 30_000

/** Clocks step, and zones change their rules: looks again at least so often, ms. */
const longestWaitMs = 1000

export interface SchedulesParts {
  readonly name: string
  readonly schedules: readonly ReadSchedule[]
  readonly services: KindServices
  readonly ticks: Ticks
}

export class Schedules {
  readonly #parts: SchedulesParts
  #timer: Timer | undefined
  #looking: Promise<void> | undefined
  #isStarted = false

  constructor(parts: SchedulesParts) {
    this.#parts = parts
  }

  start(): void {
    if (this.#parts.schedules.length === 0) return
    this.#isStarted = true
    this.#look()
  }

  async stop(): Promise<void> {
    this.#isStarted = false
    this.#timer?.cancel()
    await this.#looking
  }

  #look(): void {
    this.#looking = this.#serveAll().finally(() => {
      this.#looking = undefined
      if (this.#isStarted) this.#timer = this.#parts.services.clock.after(this.#waitMs(), () => this.#look(), { background: true })
    })
  }

  #waitMs(): number {
    const { schedules, services } = this.#parts
    const now = services.clock.now()
    const next = Math.min(...schedules.map(({ times }) => times.next(now) ?? Infinity))
    return Math.max(1, Math.min(next - now, longestWaitMs))
  }

  async #serveAll(): Promise<void> {
    const { schedules, services, name } = this.#parts
    for (const schedule of schedules) {
      try {
        await this.#serve(schedule)
      } catch (error) {
        if (isHoldfastError(error, 'STORE_CLOSED')) return
        const message = `The schedule "${schedule.name}" of ${name} could not be served; it is tried again.`
        services.report({ type: 'background-failed', message, error })
      }
    }
  }

  async #serve(schedule: ReadSchedule): Promise<void> {
    const { services, ticks, name } = this.#parts
    services.beginRead('jobs')
    const now = services.clock.now()
    const servedTo = ticks.servedTo(schedule)
    if (servedTo === undefined) {
      await services.commit(name, (tx) => JobsTxImpl.transitionsOf(tx).beginSchedule(schedule))
      return
    }
    for (const at of dueTimes(schedule, servedTo, now)) {
      await services.commit(name, (tx) => JobsTxImpl.transitionsOf(tx).serve(schedule, at), { label: `schedule ${schedule.name}` })
    }
  }
}

/** The times after `servedTo` and up to now that are to be served, in order. */
export function dueTimes({ times, missed }: ReadSchedule, servedTo: number, now: number): readonly number[] {
  const fresh = Math.max(servedTo, now - lateMs)
  const due: number[] = []
  const latest = missed === 'once' ? latestBetween(times, servedTo, fresh) : undefined
  if (latest !== undefined) due.push(latest)
  for (let at = times.next(fresh); at !== undefined && at <= now; at = times.next(at)) due.push(at)
  return due
}

/** The last time after `from` and up to `to`, found from its end: the years between may hold millions. */
function latestBetween(times: ReadSchedule['times'], from: number, to: number): number | undefined {
  for (let back = 60_000; from < to; back *= 2) {
    const begin = Math.max(from, to - back)
    let latest: number | undefined
    for (let at = times.next(begin); at !== undefined && at <= to; at = times.next(at)) latest = at
    if (latest !== undefined || begin === from) return latest
  }
  return undefined
}
