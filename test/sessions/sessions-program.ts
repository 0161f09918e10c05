/** A program with sessions. */
import { openStore, type Store, type StoreOptions } from '../../src/index.ts'
import { answer } from '../support/answer.ts'
import { signedIn } from './signed-in.ts'

let store: Store<typeof signedIn> | undefined
let revoked: readonly string[] = []

function opened(): Store<typeof signedIn> {
  if (store === undefined) throw new Error('Expected the store to be open')
  return store
}

const calls = {
  async open(options: StoreOptions): Promise<void> {
    store = await openStore(signedIn, options)
    store.sessions.onRevoked((ids) => {
      revoked = [...revoked, ...ids]
    })
  },
  verify: (token: string): string | undefined => opened().sessions.verify(token)?.user,
  revoke: (id: string): Promise<boolean> => opened().sessions.revoke(id),
  revokeUser: (user: string): Promise<number> => opened().sessions.revokeUser(user),
  close: (): Promise<void> => opened().close(),
  /** Resolves with the ids of sessions that were heard to be gone, once there are so many. */
  async heard(count: number): Promise<readonly string[]> {
    while (revoked.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
    return revoked
  },
}

export type SessionsCalls = typeof calls

answer(calls)
