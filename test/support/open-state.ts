import { onTestFinished } from 'vitest'
import { type Kinds, openStore, type StateDefinition, type Store, type StoreOptions } from '../../src/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Opens a store that is closed when the running test is over, in a new directory unless the options say where. */
export async function openState<Declared extends Kinds>(
  definition: StateDefinition<Declared>,
  options: StoreOptions = {},
): Promise<Store<StateDefinition<Declared>>> {
  const where = options.memory === true || options.directory !== undefined ? {} : { directory: temporaryDirectory() }
  const store = await openStore(definition, { ...where, ...options })
  onTestFinished(() => store.close())
  return store
}
