import { onTestFinished } from 'vitest'
import type { Store, StoreOptions } from '../../src/index.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { SteppingClock } from '../support/stepping-clock.ts'
import { signedIn } from './signed-in.ts'

export type SignedIn = Store<typeof signedIn>

/** A store whose time passes when the test says so; in memory unless the options say where. */
export async function openStill(
  options: StoreOptions = { memory: true },
  clock: SteppingClock = new SteppingClock(),
): Promise<{ readonly store: SignedIn; readonly clock: SteppingClock }> {
  const store = await openStoreWith({ ...systemSeams(), clock }, signedIn, options)
  onTestFinished(() => store.close())
  return { store, clock }
}

export const data = { role: 'admin' }
