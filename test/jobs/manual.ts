import { onTestFinished } from 'vitest'
import type { Kinds, StateDefinition, Store } from '../../src/index.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A store whose time passes when the test says so. */
export async function openManual<Declared extends Kinds>(
  definition: StateDefinition<Declared>,
  directory?: string,
  clock: ManualClock = new ManualClock(),
): Promise<{ readonly store: Store<StateDefinition<Declared>>; readonly clock: ManualClock }> {
  const where = directory === undefined ? { memory: true } : { directory }
  const store = await openStoreWith({ ...systemSeams(), clock, random: () => 0.5 }, definition, where)
  onTestFinished(() => store.close())
  return { store, clock }
}
