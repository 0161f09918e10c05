/** Another process with the same store open, which begins scans and never ends one. */
import { openStore } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { everything } from './everything.ts'

const calls = {
  async work(directory: string): Promise<void> {
    const store = await openStore(everything, { directory })
    store.scans.work(() => new Promise(() => undefined))
  },
}

export type EverythingCalls = typeof calls

answer(calls)
