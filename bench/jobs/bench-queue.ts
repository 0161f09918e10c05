/** The queue that benchmarks work on. */
import { z } from 'zod'
import { defineState, jobs, type JobsKind, type Store, type StateDefinition } from '../../src/index.ts'

const Scan = z.object({ target: z.string(), ports: z.number() })
type Scan = z.infer<typeof Scan>

interface ScanTypes {
  readonly given: Scan
  readonly input: Scan
  readonly progressGiven: never
  readonly progress: never
  readonly resultGiven: never
  readonly result: never
  readonly line: never
}

export const queueKind: JobsKind<ScanTypes, 'value'> = jobs({ input: Scan, retention: { count: 100_000_000 } })

export const queueState: StateDefinition<{ readonly scans: typeof queueKind }> = defineState({
  name: 'queue',
  version: 1,
  kinds: { scans: queueKind },
})

export type QueueStore = Store<typeof queueState>

export function scanOf(number: number): Scan {
  return { target: `10.0.${(number >> 8) & 255}.${number & 255}`, ports: number % 1024 }
}
