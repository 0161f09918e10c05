/** A state with a queue, short leases and short waits. Loads no test runner, so that programs can use it. */
import { z } from 'zod'
import { collection, defineState, jobs, log } from '../../src/index.ts'

const lines = log(z.string())

export const workState = defineState({
  name: 'work',
  version: 1,
  kinds: {
    lines,
    /** What jobs have done: how often, by the job's name. */
    effects: collection(z.object({ name: z.string(), times: z.number() }), { key: 'name' }),
    tasks: jobs({
      input: z.object({ name: z.string(), forMs: z.number().optional() }),
      progress: z.object({ done: z.number(), text: z.string().optional() }),
      result: z.object({ value: z.number() }),
      log: lines,
      leaseMs: 600,
      timeoutMs: 60_000,
      backoff: { minMs: 1, maxMs: 5 },
    }),
    plain: jobs({ input: z.unknown(), attempts: 1 }),
  },
})
