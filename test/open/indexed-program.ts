/** A program with more indexes than another one on the same store, for `Program`. */
import { z } from 'zod'
import { collection, defineState, document, type DriverName, openStore, type Store } from '../../src/index.ts'
import { answer } from '../support/answer.ts'

const Item = z.object({ id: z.string(), a: z.string(), n: z.number(), flag: z.boolean().optional() })

const indexed = defineState({
  name: 'items',
  version: 1,
  kinds: {
    added: document(z.string()),
    items: collection(Item, { key: 'id', indexes: { byA: ['a', 'n'], byN: { fields: ['n'], unique: true } } }),
  },
})

let store: Store<typeof indexed> | undefined

const calls = {
  async open(directory: string, driver: DriverName): Promise<void> {
    store = await openStore(indexed, { directory, driver })
  },
  findByA: (a: string): string[] | undefined => store?.items.find({ index: 'byA', equals: [a] }).items.map(({ id }) => id),
  setAdded: async (text: string): Promise<void> => void (await store?.commit((tx) => tx.added.set(text))),
  put: async (item: z.infer<typeof Item>): Promise<void> => void (await store?.commit((tx) => tx.items.put(item))),
}

export type IndexedCalls = typeof calls

answer(calls)
