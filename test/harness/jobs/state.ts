/** What the harness of jobs works on. */
import { z } from 'zod'
import { collection, defineState, jobs } from '../../../src/index.ts'

/** Short, so that a pause longer than it is short too. */
export const leaseMs = 600

export const jobState = defineState({
  name: 'job-harness',
  version: 1,
  kinds: {
    /** What jobs did: who wrote it last, how often they were begun and completed. */
    effects: collection(z.object({ id: z.string(), attempt: z.number(), begun: z.number(), completed: z.number() }), { key: 'id' }),
    tasks: jobs({
      input: z.object({ name: z.string(), idleMs: z.number(), busyMs: z.number() }),
      result: z.object({ attempt: z.number() }),
      attempts: 1000,
      leaseMs,
      backoff: { minMs: 1, maxMs: 20 },
    }),
    ticks: jobs({ input: z.null(), schedules: { each: { cron: '* * * * * *', input: null } } }),
  },
})
