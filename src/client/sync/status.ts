/** How a replica is, for a page to show. */
import type { Stopwatch } from '../../base/clock.ts'
import type { ReplicaError } from '../replica-error.ts'
import type { Transport } from './ladder.ts'
import { createListeners, type ListenersParts } from './listeners.ts'

/**
 *   connecting   asking for the first snapshot
 *   hydrating    the first snapshot travels
 *   live         everything the server publishes arrives
 *   resuming     the connection was lost or its place in the history is gone; what is held stays readable
 *   offline      the server cannot be reached, or does not want to be asked now; it is tried again
 *   refused      the server wants a sign-in, or refuses what is asked; `retry()` tries again
 *   outdated     the server runs another version of the program; reload the page
 *   closed       `close()` was called
 */
export type ReplicaState = 'connecting' | 'hydrating' | 'live' | 'resuming' | 'offline' | 'refused' | 'outdated' | 'closed'

/** Frozen, and the same object as long as nothing but the lag has changed. */
export interface ReplicaStatus {
  readonly state: ReplicaState
  /** The newest revision that is applied; undefined before the first snapshot. */
  readonly revision: number | undefined
  /** Where that is in the history. */
  readonly cursor: string | undefined
  /** What carries the feed, or carried it last; `shared`: another tab has it, and passes it on. */
  readonly transport: Transport | 'shared' | 'socket.io' | undefined
  /** Why it is not live. */
  readonly error: ReplicaError | undefined
  /** 0 while live; else how long ago the server was last heard, ms, at the moment of reading. */
  readonly lagMs: number
}

export interface StatusBoard {
  readonly current: ReplicaStatus
  subscribe(callback: (status: ReplicaStatus) => void): () => void
  /** The server was heard. */
  heard(): void
  /** Tells when any of these facts is another one. An error is gone with the next facts; a closed replica stays as it is. */
  set(facts: Partial<Facts>): void
}

type Facts = Omit<ReplicaStatus, 'lagMs'>

export function createStatusBoard(parts: ListenersParts & { readonly clock: Stopwatch }): StatusBoard {
  const { clock } = parts
  const listeners = createListeners<[ReplicaStatus]>(parts)
  let heardAt = clock.elapsed()
  const freeze = (facts: Facts): ReplicaStatus =>
    Object.freeze({
      ...facts,
      get lagMs() {
        return facts.state === 'live' ? 0 : clock.elapsed() - heardAt
      },
    })
  let current = freeze({ state: 'connecting' } as Facts)
  return {
    get current() {
      return current
    },
    subscribe: listeners.add,
    heard() {
      heardAt = clock.elapsed()
    },
    set(facts) {
      const isSame = Object.entries(facts).every(([name, fact]) => current[name as keyof Facts] === fact)
      if (isSame || current.state === 'closed') return
      current = freeze({ ...current, error: undefined, ...facts })
      listeners.notify(current)
    },
  }
}
