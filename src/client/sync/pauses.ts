import type { Clock } from '../../base/clock.ts'

/** Waits that can all be cut short, when there is reason to hope. */
export class Pauses {
  readonly #clock: Clock
  readonly #enders = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after `delayMs`, or when woken or aborted. */
  pause(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#enders.delete(end)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.#clock.after(delayMs, end)
      this.#enders.add(end)
      signal?.addEventListener('abort', end)
    })
  }

  wake(): void {
    for (const end of [...this.#enders]) end()
  }
}
