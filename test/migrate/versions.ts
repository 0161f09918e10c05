/** A state of two versions, for programs that open a store together. */
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'

const Guest = z.object({ id: z.string(), seat: z.number() })

const kinds = {
  visits: document(z.number()),
  guests: collection(Guest, { key: 'id', indexes: { bySeat: ['seat'] } }),
  lines: log(z.string()),
}

export const first = defineState({ name: 'party', version: 1, kinds })

/** Puts everybody ten seats further, and counts how often that was done in this process. */
export const second = (onRun: () => void): typeof first =>
  defineState({
    name: 'party',
    version: 2,
    kinds,
    migrations: [
      {
        version: 2,
        name: 'ten seats further',
        up(tx) {
          onRun()
          const guests = tx.kind('guests')
          for (const { key, value } of guests.entries()) guests.put(key, { id: key, seat: (value as { seat: number }).seat + 10 })
        },
      },
    ],
  })
