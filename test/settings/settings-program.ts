/** A program that sets settings. */
import { z } from 'zod'
import { defineState, openStore, sessions, setting, settings, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { configured } from './settings-state.ts'

let store: Store<typeof configured> | undefined

function opened(): Store<typeof configured> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(configured, { ...options, report: () => undefined })
  },
  set: (values: object): Promise<unknown> => opened().settings.set(values),
  /** Goes on setting three settings to the same number; answers once they were set so often. */
  async setUntilKilled(times: number): Promise<number> {
    const first = opened().settings.get('port')
    const set = (n: number): Promise<unknown> =>
      opened().settings.set({ port: n, hosts: [String(n)], greeting: String(n) }, { durability: 'process' })
    for (let n = first + 1; n <= first + times; n += 1) await set(n)
    void (async () => {
      for (let n = first + times + 1; ; n += 1) await set(n)
    })()
    return first + times
  },
  async resetElsewhere(directory: string): Promise<void> {
    const cached = defineState({
      name: 'cached',
      version: 1,
      kinds: { settings: settings({ sessionCache: setting(z.boolean(), { default: true }) }), sessions: sessions() },
    })
    const other = await openStore(cached, { directory })
    await other.settings.reset('sessionCache')
    await other.close()
  },
}

export type SettingsCalls = typeof calls

answer(calls)
