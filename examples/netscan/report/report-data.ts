/** What a report tells: one scan, with all it has found, as it is at one moment. */
import { z } from 'zod'

const instant = z.int().nonnegative()
const count = z.int().nonnegative()

export const ReportData = z.strictObject({
  madeAt: instant,
  scan: z.strictObject({
    id: z.string(),
    target: z.string(),
    state: z.string(),
    attempt: count,
    createdAt: instant,
    startedAt: instant.exactOptional(),
    endedAt: instant.exactOptional(),
    scanner: z.string(),
    ports: z.string(),
    done: count,
    total: count,
  }),
  machine: z.string().describe('the name of the machine that scanned'),
  hosts: z.array(
    z.strictObject({
      address: z.string(),
      names: z.array(z.string()),
      status: z.enum(['waiting', 'up', 'down']),
      reason: z.string(),
      settled: count,
      open: z.array(z.strictObject({ port: z.int(), service: z.string(), product: z.string() })),
    }),
  ),
  lines: z.array(z.strictObject({ at: instant, level: z.enum(['info', 'found', 'lost', 'warning']), text: z.string() })),
})
export type ReportData = z.infer<typeof ReportData>

export interface ReportFigures {
  readonly up: number
  readonly down: number
  readonly open: number
}

export function figuresOf({ hosts }: Pick<ReportData, 'hosts'>): ReportFigures {
  const number = (status: ReportData['hosts'][number]['status']): number => hosts.filter((host) => host.status === status).length
  return { up: number('up'), down: number('down'), open: hosts.reduce((sum, host) => sum + host.open.length, 0) }
}
