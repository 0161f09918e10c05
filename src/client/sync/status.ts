/** How a replica is, for a page to show. */
import type { Clock } from '../../base/clock.ts'
import type { DataSet } from '../data/data-set.ts'
import type { ReplicaError } from '../replica-error.ts'
import type { Transport } from './ladder.ts'
import { Listeners } from './listeners.ts'

/**
 *   connecting   asking for the first snapshot
 *   hydrating    the first snapshot travels
 *   live         everything the server publishes arrives
 *   resuming     the connection was lost or its place in the history is gone; what is held stays readable
 *   offline      the server cannot be reached, or does not want to be asked now; it is tried again
 *   refused      the server wants a sign-in; `retry()` tries again
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
  /** What carries the feed, or carried it last. */
  readonly transport: Transport | undefined
  /** Why it is not live. */
  readonly error: ReplicaError | undefined
  /** 0 while live; else how long ago the server was last heard, ms, at the moment of reading. */
  readonly lagMs: number
}

/** What of a status is set, rather than follows from the data. */
type Condition = Pick<ReplicaStatus, 'state' | 'error' | 'transport'>

export class StatusBoard {
  readonly #clock: Clock
  readonly #listeners: Listeners<[ReplicaStatus]>
  #condition: Condition = { state: 'connecting', error: undefined, transport: undefined }
  #heardAt: number
  #current: ReplicaStatus

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#listeners = new Listeners(onError)
    this.#heardAt = clock.elapsed()
    this.#current = this.#make(undefined)
  }

  get current(): ReplicaStatus {
    return this.#current
  }

  get state(): ReplicaState {
    return this.#condition.state
  }

  subscribe(callback: (status: ReplicaStatus) => void): () => void {
    return this.#listeners.add(callback)
  }

  /** The server was heard. */
  heard(): void {
    this.#heardAt = this.#clock.elapsed()
  }

  set(state: ReplicaState, { error, transport = this.#condition.transport }: Partial<Condition> = {}): void {
    const { state: before, error: errorBefore, transport: transportBefore } = this.#condition
    if (before === 'closed' || (state === before && error === errorBefore && transport === transportBefore)) return
    this.#condition = { state, error, transport }
    this.#change(this.#current)
    if (state === 'closed') this.#listeners.clear()
  }

  /** What is held has changed. */
  follow({ cursor, revision }: DataSet): void {
    if (cursor !== this.#current.cursor) this.#change({ cursor, revision })
  }

  #change(place: Pick<ReplicaStatus, 'cursor' | 'revision'>): void {
    this.#current = this.#make(place)
    this.#listeners.notify(this.#current)
  }

  #make(place: Pick<ReplicaStatus, 'cursor' | 'revision'> | undefined): ReplicaStatus {
    const condition = this.#condition
    const lag = (): number => (condition.state === 'live' ? 0 : this.#clock.elapsed() - this.#heardAt)
    return Object.freeze({
      ...condition,
      revision: place?.revision,
      cursor: place?.cursor,
      get lagMs() {
        return lag()
      },
    })
  }
}
