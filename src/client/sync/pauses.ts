import type { Stopwatch } from '../../base/clock.ts'

/** Waits that can all be cut short, when there is reason to hope. */
export interface Pauses {
  /** Resolves after `delayMs`, which may be `Infinity`, or when woken or aborted. */
  pause(delayMs: number, signal: AbortSignal): Promise<void>
  wake(): void
}

export function createPauses(clock: Stopwatch): Pauses {
  const enders = new Set<() => void>()
  return {
    pause: (delayMs, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          timer?.cancel()
          enders.delete(end)
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = delayMs < Infinity ? clock.after(delayMs, end) : undefined
        enders.add(end)
        signal.addEventListener('abort', end)
        if (signal.aborted) end()
      }),
    wake() {
      enders.forEach((end) => end())
    },
  }
}
