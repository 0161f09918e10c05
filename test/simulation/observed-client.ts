/** A replica as it is shipped, and everything that it showed. */
import { createReplica, type ReplicaSeams } from '../../src/client/create-replica.ts'
import { createFetchWire, type Fetch } from '../../src/client/sync/fetch-wire.ts'
import type { ChosenTransport } from '../../src/client/sync/ladder.ts'
import type { ReplicaStatus } from '../../src/client/sync/status.ts'
import { createSocketWire } from '../../src/client/sync/socket-wire.ts'
import type { Wire } from '../../src/client/sync/wire.ts'
import { socketIo } from '../../src/client/socket-io/socket-io-wire.ts'
import { SharedFeed } from '../../src/client/tabs/shared-feed.ts'
import { epochOf, revisionOf } from '../../src/protocol/commit-text.ts'
import type { SeededRandom } from '../harness/seeded-random.ts'
import type { Tally } from '../model/tally.ts'
import type { Tab } from '../support/simulated-tabs.ts'
import type { SimulatedIoSocket } from './network/simulated-io-socket.ts'
import { webSocketOver } from './network/simulated-web-socket.ts'
import { Recorder } from './recorder.ts'
import type { History } from './server/history.ts'
import { type actions, simulated, type View } from './state.ts'
import type { Sighting } from './validators.ts'
import { choices, type SimulatedReplica, textShown } from './views.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A change of the client's way to the server, for a planted bug; `before` says where it was before the last it saw. */
export type WrapWire = (wire: Wire, before: () => string | undefined) => Wire

export interface ClientParts {
  readonly name: string
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly history: History
  readonly tally: Tally
  readonly trace: (what: string) => void
  readonly fetch: Fetch
  readonly wrapWire: WrapWire | undefined
  /** Of a browser, whose tabs share their feed. */
  readonly tab: Tab | undefined
  /** It asks everything over Socket.IO. */
  readonly io: SimulatedIoSocket | undefined
}

/** A call, and what came of it. */
export interface ObservedCall {
  readonly id: string
  readonly text: string
  /** The history in which it was made. */
  readonly epoch: string
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined
}

const transports: readonly ChosenTransport[] = [
  'auto',
  'auto',
  'auto',
  'sse',
  'sse',
  'long-poll',
  'poll',
  'websocket',
  ['websocket', 'auto'],
]

export class ObservedClient {
  readonly name: string
  readonly tab: Tab | undefined
  readonly complaints: string[] = []
  readonly calls: ObservedCall[] = []
  readonly replica: SimulatedReplica
  readonly recorder: Recorder
  readonly #parts: ClientParts
  readonly #view: View
  readonly #online = new Set<() => void>()

  constructor(parts: ClientParts) {
    const { name, random, history, tally, tab, io } = parts
    this.name = name
    this.tab = tab
    this.#parts = parts
    const { kinds, view } = random.pick(choices)
    const transport = random.pick(transports)
    this.#view = view
    this.replica = createReplica<typeof simulated, typeof actions>({ kinds, state: simulated, transport }, this.#seams())
    let before = this.replica.status
    this.replica.onStatus((status) => {
      noteChange(before, status, { isAuto: transport === 'auto' && io === undefined, tally })
      before = status
    })
    const isUsable = (cursor: string): boolean => epochOf(cursor) === history.epoch && revisionOf(cursor) >= history.horizon
    this.recorder = new Recorder(this.replica, { name, hasKind: view.hasKind, isUsable, onSighting: (sighting) => this.#see(sighting) })
  }

  /** Everything it shows, held against what there was at its revision. */
  look(): void {
    const { cursor } = this.replica.status
    if (cursor === undefined) return
    const expected = this.#parts.history.textAt(epochOf(cursor), revisionOf(cursor), this.#view)
    const shown = textShown(this.replica, this.#view)
    if (shown !== expected) this.complaints.push(`Atomic: ${this.name} at ${cursor} shows ${shown}, and it was ${expected}`)
  }

  /** @param id of a call that is repeated */
  call(text: string, id: string | undefined): void {
    const { history, tally } = this.#parts
    const call: ObservedCall = { id: id ?? `${this.name}-${text}`, text, epoch: history.epoch, outcome: undefined }
    this.calls.push(call)
    this.replica.call('addNote', { text }, { id: call.id }).then(
      (value) => {
        tally.note('call answered')
        call.outcome = { value }
      },
      (error: unknown) => {
        tally.note('call rejected')
        call.outcome = { error }
      },
    )
  }

  /** Its connection goes with it. */
  leave(): void {
    this.#parts.io?.disconnect()
  }

  goOnline(): void {
    for (const callback of this.#online) callback()
  }

  #seams(): ReplicaSeams {
    const { name, clock, random, fetch, wrapWire, tab, io } = this.#parts
    const url = 'http://localhost/state'
    const wrap = (plain: Wire): Wire => wrapWire?.(plain, () => this.recorder.before) ?? plain
    const wire = wrap(createFetchWire({ url, fetch }))
    const socket = wrap(createSocketWire({ url, WebSocket: webSocketOver(fetch) }))
    const draw = (): number => random.next()
    const shared = tab && new SharedFeed({ ...tab, name: 'simulated', wire, clock, random: draw })
    let ids = 0
    const seams: ReplicaSeams = {
      wire: shared?.share(wire) ?? wire,
      socket: shared?.share(socket) ?? socket,
      clock,
      random: draw,
      createId: () => `${name}-${(ids += 1)}`,
      onOnline: (callback, signal) => {
        this.#online.add(callback)
        signal.addEventListener('abort', () => this.#online.delete(callback))
        shared?.onLive(callback, signal)
      },
      onError: (error) => this.complaints.push(`Reported: ${name} reported ${String(error)}`),
    }
    if (io === undefined) return seams
    const overIo = socketIo(io)(url, seams)
    return { ...overIo, wire: wrap(overIo.wire), socket: wrap(overIo.socket) }
  }

  #see({ what, cursor }: Sighting): void {
    const { tally, trace } = this.#parts
    tally.note(`saw a ${what}`)
    trace(`${this.name} ${what} ${cursor}`)
    if (what !== 'bookmark') this.look()
  }
}

interface NoteOptions {
  readonly isAuto: boolean
  readonly tally: Tally
}

/** Counts what the simulation is to reach. */
function noteChange(before: ReplicaStatus, { state, transport, error }: ReplicaStatus, { isAuto, tally }: NoteOptions): void {
  if (isAuto && state === 'live' && transport !== 'shared' && transport !== before.transport && before.transport !== undefined) {
    tally.note(transport === 'sse' ? 'climbed up to sse' : `fell back to ${transport}`)
  }
  if (before.transport === 'websocket' && transport === 'sse') tally.note('fell back from websocket')
  if (state === before.state) return
  tally.note(state === 'live' ? `live by ${transport}` : `client ${state}`)
  if (state === 'resuming' && before.state === 'live' && error?.code.startsWith('CURSOR_') === true) tally.note(`reset by ${transport}`)
}
