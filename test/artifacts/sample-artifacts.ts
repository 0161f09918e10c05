/** A small state with artifacts. Loads no test runner, so that programs can use it. */
import { z } from 'zod'
import { artifacts, collection, defineState } from '../../src/index.ts'

export const shelf = defineState({
  name: 'shelf',
  version: 1,
  kinds: {
    reports: artifacts(z.object({ title: z.string() })),
    captures: artifacts(z.object({})),
    hosts: collection(z.object({ address: z.string() }), { key: 'address' }),
  },
})
