import type { Clock, Timer } from '../../base/clock.ts'

/** Calls back once when nothing was heard for some time. */
export class Watchdog {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onSilence: () => void
  #heardAt: number
  #timer: Timer

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#onSilence = onSilence
    this.#heardAt = clock.elapsed()
    this.#timer = this.#watch(limitMs)
  }

  heard(): void {
    this.#heardAt = this.#clock.elapsed()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #watch(delayMs: number): Timer {
    return this.#clock.after(delayMs, () => this.#look(), { background: true })
  }

  #look(): void {
    const leftMs = this.#heardAt + this.#limitMs - this.#clock.elapsed()
    if (leftMs > 0) this.#timer = this.#watch(leftMs)
    else this.#onSilence()
  }
}
