import { median } from '../harness/statistics.ts'

/** How many a second, where a round of `count` took these ms. */
export function perSecond(count: number, times: readonly number[]): number {
  return (count / median(times)) * 1000
}
