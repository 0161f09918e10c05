/** A small state with one kind of each sort, and a store of it that is closed when the running test is over. */
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { collection, defineState, document, log, openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const Host = z.object({ address: z.string(), status: z.string(), name: z.string().optional(), seen: z.number().optional() })

export const sample = defineState({
  name: 'sample',
  version: 1,
  kinds: {
    title: document(z.string()),
    counter: document(z.number()),
    hosts: collection(Host, {
      key: 'address',
      indexes: { byStatus: ['status', 'seen'], byName: { fields: ['name'], unique: true } },
    }),
    lines: log(z.string()),
  },
})

export type Sample = Store<typeof sample.kinds>

/** Opens the sample, in a new directory unless the options say where. */
export async function openSample(options: StoreOptions = {}): Promise<Sample> {
  const where = options.memory === true || options.directory !== undefined ? {} : { directory: temporaryDirectory() }
  const store = await openStore(sample, { ...where, ...options })
  onTestFinished(() => store.close())
  return store
}

export function host(address: string, status = 'up', more: { readonly name?: string; readonly seen?: number } = {}): z.infer<typeof Host> {
  return { address, status, ...more }
}
