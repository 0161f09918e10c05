/** A program that serves a club, beside others on the same store. */
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { serve } from '../../src/server.ts'
import { answer } from '../support/answer.ts'
import { club } from './club.ts'

let store: Store<typeof club> | undefined

function opened(): Store<typeof club> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(options: StoreOptions, port: number): Promise<string> {
    store = await openStore(club, options)
    const { url } = await serve(store, { port })
    return url
  },
  /** An artifact of these bytes; answers with its id. */
  async put(text: string): Promise<string> {
    return (await opened().files.put(Buffer.from(text), {})).id
  },
  revoke: (id: string): Promise<boolean> => opened().members.revoke(id),
}

export type ClubCalls = typeof calls

answer(calls)
