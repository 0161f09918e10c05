/** The two ways of reading one store: both connections are open on the same file. */
import { join } from 'node:path'
import { openStore } from '../../src/index.ts'
import { type BareConnection, openBare } from '../bare/bare-connection.ts'
import type { Context } from '../harness/benchmark.ts'
import { benchState, type BenchStore } from '../workload/bench-state.ts'
import { recordsStore } from '../workload/build-stores.ts'

export interface Readers {
  readonly store: BenchStore
  readonly bare: BareConnection
  close(): Promise<void>
}

/** Opens the store of `sizes.records` hosts. */
export async function openReaders(context: Context): Promise<Readers> {
  const { driver, sizes } = context
  const directory = await recordsStore(context, sizes.records)
  const store = await openStore(benchState, { directory, driver })
  const bare = openBare({ driver, file: join(directory, 'store.db') })
  const close = async (): Promise<void> => {
    bare.close()
    await store.close()
  }
  return { store, bare, close }
}
