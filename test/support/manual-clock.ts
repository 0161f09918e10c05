import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../src/base/clock.ts'

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  get waitsUntil(): readonly number[] {
    return this.#timers.map(({ at }) => at)
  }

  /** Lets time pass, timer by timer, with some turns of the event loop after each. */
  async pass(ms: number): Promise<void> {
    const endsAt = this.#now + ms
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= endsAt).toSorted((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#now = next.at
      next.callback()
      for (let turns = 0; turns < 3; turns += 1) await nextTurn()
    }
    this.#now = endsAt
  }

  /** Time that a callback takes. */
  spend(ms: number): void {
    this.#now += ms
  }
}
