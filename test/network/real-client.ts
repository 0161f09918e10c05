/** A replica in this process, connected through the proxy, and everything that it showed. */
import { io, type Socket } from 'socket.io-client'
import { connect, type ConnectOptions } from '../../src/client.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import type { ChosenTransport } from '../../src/client/sync/ladder.ts'
import { epochOf } from '../../src/protocol/commit-text.ts'
import type { Tally } from '../model/tally.ts'
import { Recorder } from '../simulation/recorder.ts'
import { type actions, simulated, type View } from '../simulation/state.ts'
import type { Choice, SimulatedReplica } from '../simulation/views.ts'
import type { QuickClock } from './quick-clock.ts'

/** How a client follows: by a transport of `connect`, or by Socket.IO, whatever carries that. */
export type Way = ChosenTransport | 'socket.io by websocket' | 'socket.io by polling'

export interface RealClientParts {
  readonly name: string
  readonly choice: Choice
  readonly way: Way
  readonly clock: QuickClock
  readonly token: string
  /** Of the proxy. */
  readonly port: number
  readonly tally: Tally
}

/** Commits that a client sees between two calls of its own. */
const betweenCalls = 60

export class RealClient {
  readonly name: string
  readonly view: View
  readonly replica: SimulatedReplica
  readonly recorder: Recorder
  readonly errors: unknown[] = []
  /** What was asked for, and answered. */
  readonly noted: string[] = []
  #calling: Promise<void> | undefined
  #seen = 0
  #isResting = false
  #isHydrated = false
  readonly #socket: Socket | undefined

  constructor(parts: RealClientParts) {
    const { name, choice, way, clock, token, port, tally } = parts
    this.name = name
    this.view = choice.view
    const url = `http://127.0.0.1:${port}`
    this.#socket = dial(url, token, way)
    const by: Partial<ConnectOptions> = this.#socket ? { through: socketIo(this.#socket) } : { transport: way as ChosenTransport }
    this.replica = connect<typeof simulated, typeof actions>({
      url: `${url}/state`,
      token,
      ...by,
      clock,
      kinds: choice.kinds,
      state: simulated,
      onError: (error) => this.errors.push(error),
    })
    const isUsable = (before: string): boolean => epochOf(before) === epochOf(this.replica.status.cursor ?? '')
    this.recorder = new Recorder(this.replica, { name, hasKind: this.view.hasKind, isUsable })
    this.replica.subscribe((commit) => {
      if (commit !== undefined) return this.#count(tally)
      tally.note(this.#isHydrated ? 'resets' : 'snapshots')
      this.#isHydrated = true
    })
    this.#countChanges(tally)
  }

  /** Makes no further calls; resolves when every call has its answer. */
  async rest(): Promise<void> {
    this.#isResting = true
    await this.#calling
  }

  close(): void {
    this.replica.close()
    this.#socket?.disconnect()
  }

  #count(tally: Tally): void {
    this.#seen += 1
    if (this.#seen < betweenCalls || this.#calling !== undefined || this.#isResting) return
    this.#seen = 0
    const text = `${this.name} ${this.noted.length}`
    this.#calling = this.replica.call('addNote', { text }).then(
      (value) => {
        tally.note('calls')
        this.#calling = undefined
        this.noted.push(text)
        if (value !== `noted ${text}`) this.errors.push(new Error(`The call of ${text} was answered ${value}.`))
      },
      (error: unknown) => void this.errors.push(error),
    )
  }

  #countChanges(tally: Tally): void {
    let before = this.replica.status
    this.replica.onStatus((status) => {
      if (status.state === 'live' && before.state !== 'live') {
        tally.note(`live by ${status.transport}`)
        if (before.state === 'resuming' || before.state === 'offline') tally.note('resumed')
      }
      before = status
    })
  }
}

/** A connection of Socket.IO, where the way is one. */
function dial(url: string, token: string, way: Way): Socket | undefined {
  if (way !== 'socket.io by websocket' && way !== 'socket.io by polling') return undefined
  return io(`${url}/holdfast`, {
    transports: [way === 'socket.io by polling' ? 'polling' : 'websocket'],
    extraHeaders: { authorization: `Bearer ${token}` },
    forceNew: true,
    timeout: 4_000,
    reconnectionDelay: 100,
    reconnectionDelayMax: 1_000,
  })
}
