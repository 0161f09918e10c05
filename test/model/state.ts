/** What the model-based tests keep: one kind of each sort, with every sort of index and little room in the log. */
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'

const Cell = z.union([z.string(), z.number(), z.boolean()])
const Item = z.object({ id: z.string(), group: Cell.optional(), rank: z.number().optional(), name: z.string().optional() })

export type Item = z.infer<typeof Item>
export type Cell = z.infer<typeof Cell>

/** Entries kept, of each stream and in all. */
export const retention = { entries: 24, entriesPerStream: 8 }

export const modelState = defineState({
  name: 'model',
  version: 1,
  kinds: {
    note: document(z.any()),
    items: collection(Item, {
      key: 'id',
      indexes: { byGroup: ['group', 'rank'], byName: { fields: ['name'], unique: true } },
    }),
    events: log(z.any(), { retention }),
  },
})
