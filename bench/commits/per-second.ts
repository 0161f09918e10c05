import type { Laps } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'

/** How many a second, where a round has `count`. */
export function perSecond(count: number, { wallMs }: Laps): number {
  return (count / median(wallMs)) * 1000
}
