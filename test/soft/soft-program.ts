/** A program with a kind of its own open. */
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { outcomeOf } from '../support/outcome.ts'
import { withMemory } from './soft-state.ts'

let store: Store<typeof withMemory> | undefined

function opened(): Store<typeof withMemory> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(withMemory, { ...options, report: () => undefined })
  },
  title: (title: string): Promise<unknown> => outcomeOf(opened().commit((tx) => tx.title.set(title))),
  capability: (value: string): Promise<unknown> => outcomeOf(opened().commit((tx) => tx.capability.set(value))),
  viewer: (id: string): Promise<unknown> => outcomeOf(opened().commit((tx) => tx.viewers.put({ id, room: 'r', at: 1 }))),
  local: (): unknown => [
    opened().capability.get(),
    opened()
      .viewers.find({ index: 'byRoom' })
      .items.map(({ id }) => id),
  ],
}

export type SoftCalls = typeof calls

answer(calls)
