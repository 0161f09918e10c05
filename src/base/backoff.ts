import type { Random } from './clock.ts'

/** How waits grow: from `minMs`, doubling, to `maxMs`. */
export interface Backoff {
  readonly minMs: number
  readonly maxMs: number
}

/** The wait before try number `attempt` (0 = the first repeat), with full jitter between `minMs` and the grown bound. */
export function backoffDelayMs({ minMs, maxMs }: Backoff, attempt: number, random: Random): number {
  const bound = Math.min(maxMs, minMs * 2 ** attempt)
  return minMs + random() * (bound - minMs)
}
