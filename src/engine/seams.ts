/** What the engine takes from the world, so that crash, clock and chance tests are ordinary tests. */
import { type Clock, type Random, systemClock } from '../base/clock.ts'
import { readBootId } from '../sqlite/boot-id.ts'
import type { WalLimits } from './wal-limits.ts'

/** Moments a crash harness aims at. */
export type Phase = 'checkpoint' | 'prune' | 'migration' | 'recovery'

export interface Seams {
  readonly clock: Clock
  readonly random: Random
  /** Names the boot of this machine. */
  readonly bootId: string
  /** Told when a phase begins and ends. */
  readonly observe: (phase: Phase, edge: 'begin' | 'end') => void
  /** Limits of the write-ahead log other than those of rule D2; for tests of them. */
  readonly walLimits?: WalLimits
  /** Bugs planted by the harnesses that prove they would be noticed; never set by `openStore`. */
  readonly plantedBug?: 'acknowledge-before-sync' | 'publish-before-sync'
}

export function systemSeams(): Seams {
  return { clock: systemClock, random: Math.random, bootId: readBootId(), observe: () => undefined }
}
