/** Two versions of one program. Loads no test runner. */
import { z } from 'zod'
import { collection, defineState, document } from '../../src/index.ts'

const seat = z.object({ id: z.string(), seat: z.number(), note: z.string().optional() })

export type Seat = z.infer<typeof seat>

/** As another version of the program declares it: with an index that the store keeps, whoever opens it. */
export const strict = defineState({
  name: 'seats',
  version: 1,
  kinds: {
    seats: collection(seat, { key: 'id', indexes: { bySeat: { fields: ['seat'], unique: true } } }),
    progress: document(z.number()),
  },
})

export const behind = defineState({
  name: 'seats',
  version: 1,
  kinds: { seats: collection(seat, { key: 'id', durability: 'delayed' }), progress: document(z.number(), { durability: 'delayed' }) },
})
