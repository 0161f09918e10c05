/** Stores of the sample, closed when the running test is over. */
import { onTestFinished } from 'vitest'
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { sample } from './sample.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export { host, sample } from './sample.ts'

export type Sample = Store<typeof sample>

/** Opens the sample, in a new directory unless the options say where. */
export async function openSample(options: StoreOptions = {}): Promise<Sample> {
  const where = options.memory === true || options.directory !== undefined ? {} : { directory: temporaryDirectory() }
  const store = await openStore(sample, { ...where, ...options })
  onTestFinished(() => store.close())
  return store
}
