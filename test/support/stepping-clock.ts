import { setImmediate as nextTurn } from 'node:timers/promises'
import { ManualClock } from './manual-clock.ts'

/** A clock that can also be set wrong: its time passes as ever. */
export class SteppingClock extends ManualClock {
  #stepMs = 0

  override now(): number {
    return super.now() + 1_800_000_000_000 + this.#stepMs
  }

  /** Sets it ahead, or back. */
  step(byMs: number): void {
    this.#stepMs += byMs
  }
}

/** Time passes second by second, and what it sets off comes to its end. */
export async function passSeconds(clock: SteppingClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await clock.pass(500)
    for (let turns = 0; turns < 20; turns += 1) await nextTurn()
  }
}
