/** The process that serves a history: started, killed, and started again, with the network side as it is shipped. */
import type { Clock, Timer } from '../../../src/base/clock.ts'
import type { ReportEvent } from '../../../src/base/report.ts'
import type { HandlerOfStore } from '../../../src/server/create-handler.ts'
import { Feeds } from '../../../src/server/feeds.ts'
import { createAnswers } from '../../../src/server/answers.ts'
import { attachSocketIo } from '../../../src/server/socket-io/attach-socket-io.ts'
import type { Gate } from '../../../src/server/gate/gate.ts'
import { Views } from '../../../src/server/views/views.ts'
import { OpenVisits } from '../../../src/server/open-visits.ts'
import { answer, type Answered, type Asked } from '../../../src/server/handler.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { History } from './history.ts'
import { OpenHistory } from './open-history.ts'
import { SimulatedIo } from './simulated-io.ts'
import { actions } from '../state.ts'
import type { VirtualClock } from '../virtual-clock.ts'

export interface DaemonParts {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly history: History
  /** Told of what the server reports. */
  readonly onError: (error: unknown) => void
}

interface Running {
  readonly clock: MortalClock
  readonly store: OpenHistory
  readonly feeds: Feeds
  readonly ask: (asked: Asked) => Promise<Answered>
  readonly io: SimulatedIo
}

export class Daemon {
  readonly #parts: DaemonParts
  #running: Running | undefined

  constructor(parts: DaemonParts) {
    this.#parts = parts
  }

  get store(): OpenHistory | undefined {
    return this.#running?.store
  }

  /** Where clients of Socket.IO connect. */
  get io(): SimulatedIo | undefined {
    return this.#running?.io
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  /** Streams and polls that are open. */
  get streams(): number {
    return this.#running?.feeds.open ?? 0
  }

  /** What runs now, by identity: another one after each start. */
  get life(): object | undefined {
    return this.#running
  }

  start(): void {
    const { random, history, onError } = this.#parts
    const clock = new MortalClock(this.#parts.clock)
    const store = new OpenHistory({ history, clock, random })
    const feeds = new Feeds({ clock, maxStreams: 100, onError })
    const committed = (kind: string): object | undefined => Reflect.get(store, kind) as object | undefined
    const snapshot = (kinds: ReadonlyMap<string, unknown>, isShared: boolean): Promise<never> =>
      store.snapshot([...kinds.keys()], { shared: isShared }) as Promise<never>
    const report = ({ error }: ReportEvent): void => onError(error)
    const serving = { storeId: 'simulated', publishReads: () => store.publishReads(), snapshot, committed, report }
    const views = new Views(store.state, undefined)
    const visits = new OpenVisits({ sessions: undefined, clock, mostEach: 25 })
    const served = {
      store: store as never,
      serving,
      feeds,
      visits,
      views,
      actions,
      assets: new Map(),
      signIn: undefined as never,
      proof: { token: 'simulated', sessions: undefined },
    }
    const answers = createAnswers({ ...served, clock, onError })
    const parts = { gate: openGate, answers, base: '/state', clock, onError }
    const ask = (asked: Asked): Promise<Answered> => answer(parts, asked)
    const io = new SimulatedIo()
    attachSocketIo(io, { ask, base: '/state' } as HandlerOfStore, { guard: 'namespace' })
    this.#running = { clock, store, feeds, ask, io }
  }

  /** Never resolves where the process dies before it has an answer. */
  ask(asked: Asked): Promise<Answered> {
    if (this.#running === undefined) return Promise.reject(new Error('There is no server.'))
    return this.#running.ask(asked)
  }

  /** Ends as it should: streams first, then the store. */
  stop(): void {
    this.#running?.feeds.close()
    this.#running?.io.close()
    this.#running?.store.close()
    this.#running = undefined
  }

  /** Ends at once: nothing of it runs any more. */
  kill(): void {
    this.#running?.clock.die()
    this.#running = undefined
  }
}

/** Who may ask is not what is simulated. */
const openGate: Gate = {
  checkFirst: () => ({ allowed: true, visitor: { by: 'token' } }),
  check: () => ({ allowed: true, visitor: { by: 'token' } }),
  headersFor: () => ({}),
}

/** A clock that calls nobody back once its process is dead. */
class MortalClock implements Clock {
  readonly #clock: VirtualClock
  readonly #timers = new Set<Timer>()
  #isDead = false

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  elapsed(): number {
    return this.#clock.elapsed()
  }

  after(delayMs: number, callback: () => void): Timer {
    if (this.#isDead) return { cancel: () => undefined }
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer)
      callback()
    })
    this.#timers.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#timers.delete(timer)
      },
    }
  }

  die(): void {
    this.#isDead = true
    for (const timer of this.#timers) timer.cancel()
  }
}
