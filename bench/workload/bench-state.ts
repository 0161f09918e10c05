/** What the benchmarks keep: hosts with one index over two fields, and a log; a zod schema on both. */
import { z } from 'zod'
import { collection, defineState, log, type StateDefinition, type Store } from '../../src/index.ts'

export const Host = z.object({
  address: z.string(),
  name: z.string(),
  status: z.enum(['up', 'down']),
  lastSeenAt: z.number(),
  ports: z.array(z.number()),
  vendor: z.string(),
})

const Line = z.object({ level: z.enum(['info', 'warn']), text: z.string(), host: z.string() })

export type HostValue = z.infer<typeof Host>
export type LineValue = z.infer<typeof Line>

export const hostsKind = collection(Host, { key: 'address', indexes: { byStatus: ['status', 'lastSeenAt'] } })
export const linesKind = log(Line)

interface BenchKinds {
  readonly hosts: typeof hostsKind
  readonly lines: typeof linesKind
  readonly [name: string]: typeof hostsKind | typeof linesKind
}

export const benchState: StateDefinition<BenchKinds> = defineState({
  name: 'bench',
  version: 1,
  kinds: { hosts: hostsKind, lines: linesKind },
})

export type BenchStore = Store<StateDefinition<BenchKinds>>
