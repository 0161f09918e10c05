import { z } from 'zod'
import { defineState, document, jobs, log } from '../../src/index.ts'

export const shutdownState = defineState({
  name: 'shutdown',
  version: 1,
  kinds: {
    lines: log(z.string()),
    progress: document(z.object({ done: z.number() }), { durability: 'delayed' }),
    tasks: jobs({ input: z.object({ how: z.enum(['drains', 'hangs']) }), result: z.object({ done: z.boolean() }) }),
  },
})
