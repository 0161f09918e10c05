/** A small state with one kind of each sort. Loads no test runner, so that programs can use it. */
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'

const Host = z.object({ address: z.string(), status: z.string(), name: z.string().optional(), seen: z.number().optional() })

export type Host = z.infer<typeof Host>

export const sample = defineState({
  name: 'sample',
  version: 1,
  kinds: {
    title: document(z.string()),
    counter: document(z.number()),
    hosts: collection(Host, {
      key: 'address',
      indexes: { byStatus: ['status', 'seen'], byName: { fields: ['name'], unique: true } },
    }),
    lines: log(z.string()),
  },
})

export function host(address: string, status = 'up', more: { readonly name?: string; readonly seen?: number } = {}): Host {
  return { address, status, ...more }
}
