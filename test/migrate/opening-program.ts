/** A program that opens a store of one version or the other, for `Program`. */
import { type DriverName, openStore, type Store } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { first, second } from './versions.ts'

let store: Store<typeof first> | undefined
let ran = 0

const calls = {
  ready: (): void => undefined,
  async open(directory: string, driver: DriverName, version: 1 | 2): Promise<{ ran: number; epoch: string }> {
    const definition = version === 1 ? first : second(() => (ran += 1))
    store = await openStore(definition, { directory, driver, commitDeadlineMs: 20_000 })
    return { ran, epoch: store.cursor.slice(0, 8) }
  },
  async visit(): Promise<number | undefined> {
    return (await store?.commit((tx) => tx.visits.update((n) => (n ?? 0) + 1)))?.revision
  },
  seats: (): number[] | undefined => store?.guests.find({ index: 'bySeat' }).items.map(({ seat }) => seat),
  close: async (): Promise<void> => store?.close(),
}

export type OpeningCalls = typeof calls

answer(calls)
