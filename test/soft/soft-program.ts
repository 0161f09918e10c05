/** A program with a kind of its own open. */
import { closeOnSignals, type Health, openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { setTimeout as nextTurn } from 'node:timers/promises'
import { answer } from '../support/answer.ts'
import { outcomeOf } from '../support/outcome.ts'
import { withDelayed, withMemory } from './soft-state.ts'

let store: Store<typeof withMemory> | undefined
let behind: Store<typeof withDelayed> | undefined
const reports: string[] = []

function opened(): Store<typeof withMemory> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

function openedBehind(): Store<typeof withDelayed> {
  if (behind === undefined) throw new Error('Expected the store to be open')
  return behind
}

const calls = {
  async openBehind(options: StoreOptions): Promise<void> {
    behind = await openStore(withDelayed, { ...options, report: ({ message }) => void reports.push(message) })
    closeOnSignals(behind)
  },
  /** Writes behind, and says how the store is at once. */
  progress(done: number): Health {
    openedBehind().progress.set({ done })
    return openedBehind().health()
  },
  line: (length: number): Promise<unknown> => outcomeOf(openedBehind().commit((tx) => tx.lines.append('x'.repeat(length)))),
  flush: (): Promise<unknown> => outcomeOf(openedBehind().flush()),
  /** Resolves when what is pending was committed, or could not be. */
  async settled(): Promise<{ readonly health: Health; readonly reports: readonly string[] }> {
    while (openedBehind().health().pendingWrites > 0 && openedBehind().health().pendingFailure === undefined) await nextTurn()
    return { health: openedBehind().health(), reports }
  },
  /** Resolves when nothing is pending. */
  async committed(): Promise<Health> {
    for (
      let health = openedBehind().health();
      health.pendingWrites > 0 || health.pendingFailure !== undefined;
      health = openedBehind().health()
    )
      await nextTurn()
    return openedBehind().health()
  },
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
