import { Program } from './program.ts'
import type { SampleCalls } from './sample-program.ts'
import type { StoreOptions } from '../../src/index.ts'

/** Another process with the sample open. */
export async function openElsewhere(options: StoreOptions): Promise<Program<SampleCalls>> {
  const other = new Program<SampleCalls>(new URL('./sample-program.ts', import.meta.url))
  await other.call('open', options)
  return other
}
