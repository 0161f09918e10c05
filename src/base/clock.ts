/** Time and chance as seams, so that a test of either is an ordinary test. */

/** A pending timer. */
export interface Timer {
  cancel(): void
}

/** Where time comes from, for those who wait. */
export interface Stopwatch {
  /** Milliseconds since some moment; never steps. */
  elapsed(): number
  /** Calls back once after `delayMs`. A `background` timer does not keep the process alive. */
  after(delayMs: number, callback: () => void, options?: { readonly background?: boolean }): Timer
}

export interface Clock extends Stopwatch {
  /** Milliseconds since 1970; may step. Recorded, never used to order or to wait. */
  now(): number
}

/** A number in [0, 1). */
export type Random = () => number

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs: number, callback: () => void, options?: { readonly background?: boolean }): Timer {
    const handle: unknown = setTimeout(callback, delayMs)
    if (options?.background) (handle as { unref?: () => void }).unref?.()
    return { cancel: () => clearTimeout(handle as Parameters<typeof clearTimeout>[0]) }
  },
})
