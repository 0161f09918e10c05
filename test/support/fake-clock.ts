import { type Seams, systemSeams } from '../../src/engine/seams.ts'

/** Seams of the system with a clock that stands still until it is moved; its timers run as ever. */
export class FakeClock {
  readonly seams: Seams
  #aheadMs = 0

  constructor() {
    const system = systemSeams()
    const { clock } = system
    // Whole milliseconds: sums and differences of fractions come out a little less than they should.
    const [now, elapsed] = [clock.now(), Math.floor(clock.elapsed())]
    this.seams = {
      ...system,
      clock: {
        now: () => now + this.#aheadMs,
        elapsed: () => elapsed + this.#aheadMs,
        after: (delayMs, callback, options) => clock.after(delayMs, callback, options),
      },
    }
  }

  advance(byMs: number): void {
    this.#aheadMs += byMs
  }
}
