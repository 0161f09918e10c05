/**
 * One connection of Socket.IO between a client and the daemon: messages in order, each way, as long as its fate lets them.
 *
 * Who hears nothing learns after a while that the connection is gone, on either side, as Engine.IO's pings have it.
 */
import type { Timer } from '../../../src/base/clock.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { Tally } from '../../model/tally.ts'
import type { Daemon } from '../server/daemon.ts'
import type { ServerSocket } from '../server/simulated-io.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import type { Fate } from './exchange.ts'

/** Interval and patience of Engine.IO's pings, ms. */
const pingsMs = 25_000 + 20_000

/** How long a client waits for its connection, ms. */
const connectMs = 20_000

/** Packets that travel together, at most. */
const packetsAtOnce = 4

export interface IoLinkParts {
  readonly name: string
  readonly fate: Fate
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly daemon: Daemon
  readonly tally: Tally
  readonly trace: (what: string) => void
}

/** What the client is told. */
export interface ClientSide {
  onOpen(): void
  /** Arguments of an event, its name first. */
  onEvent(args: readonly unknown[]): void
  /** It did not come about, or is over. */
  onOver(reason: string): void
}

interface Packet {
  readonly text: string
  readonly sent: () => void
}

export class IoLink {
  onOver: () => void = () => undefined
  readonly #parts: IoLinkParts
  readonly #client: ClientSide
  #fate: Fate
  #server: ServerSocket | undefined
  /** The process that answers. */
  #life: object | undefined
  #packets: Packet[] = []
  #carried = 0
  #upAt = 0
  #isSilent = false
  #isOver = false
  #transmission: Timer | undefined
  #patience: Timer | undefined

  constructor(parts: IoLinkParts, client: ClientSide) {
    this.#parts = parts
    this.#client = client
    this.#fate = parts.fate
  }

  begin(): void {
    const { clock } = this.#parts
    const { isRefused, isLost } = this.#fate
    if (isLost && !isRefused) {
      this.#isSilent = true
      this.#patience = clock.after(connectMs, () => this.#endClient('timeout'))
    } else clock.after(this.#delay(), () => (isRefused ? this.#refuse() : this.#arrive()))
  }

  /** The client says something. */
  say(args: readonly unknown[]): void {
    const { clock } = this.#parts
    const text = JSON.stringify(args)
    this.#upAt = Math.max(this.#upAt, clock.elapsed() + this.#delay())
    clock.after(this.#upAt - clock.elapsed(), () => {
      if (this.#isSilent || this.#life !== this.#parts.daemon.life) return
      const [event, ...said] = JSON.parse(text) as [string, ...unknown[]]
      if (this.#server?.connected === true) this.#server.tell(event, ...said)
    })
  }

  /** The client goes. */
  leave(): void {
    if (this.#isOver) return
    this.#finish()
    this.#tellServer(this.#isSilent ? pingsMs : this.#delay())
  }

  fallSilent(): void {
    if (this.#isOver || this.#isSilent) return
    this.#note('half-open')
    this.#isSilent = true
    this.#transmission?.cancel()
    this.#tellServer(pingsMs)
    this.#patience = this.#parts.clock.after(pingsMs, () => this.#endClient('ping timeout'))
  }

  cut(): void {
    if (this.#isOver || this.#isSilent) return
    this.#note('cut')
    this.#tellServer(this.#delay())
    this.#endClient('transport close')
  }

  serverGone(isSilent: boolean): void {
    if (this.#isOver || this.#life === undefined) return
    this.#server = undefined
    if (isSilent) this.fallSilent()
    else this.cut()
  }

  calm(): void {
    this.#fate = { ...this.#fate, cutAfter: Infinity, silentAfter: Infinity, stallAfter: Infinity, delayMs: 5 }
  }

  #refuse(): void {
    this.#note('refused')
    this.#endClient('refused')
  }

  #arrive(): void {
    const { daemon, clock } = this.#parts
    if (this.#isOver) return
    if (daemon.io === undefined) return this.#refuse()
    this.#life = daemon.life
    this.#server = daemon.io.accept({
      send: (text, sent) => this.#send({ text, sent }),
      close: () => this.#endByServer('transport close'),
      disconnect: () => this.#endByServer('io server disconnect'),
    })
    clock.after(this.#delay(), () => {
      if (!this.#isOver && !this.#isSilent) this.#client.onOpen()
    })
  }

  #send(packet: Packet): void {
    if (this.#isOver) return
    this.#packets.push(packet)
    this.#plan(this.#delay())
  }

  #plan(delayMs: number): void {
    if (this.#transmission !== undefined || this.#isSilent || this.#isOver) return
    this.#transmission = this.#parts.clock.after(delayMs, () => {
      this.#transmission = undefined
      this.#transmit()
    })
  }

  #transmit(): void {
    const { stallAfter, stallMs } = this.#fate
    if (this.#carried >= stallAfter) {
      this.#fate = { ...this.#fate, stallAfter: Infinity }
      this.#note('stalled')
      return this.#plan(stallMs)
    }
    for (const { text, sent } of this.#packets.splice(0, 1 + this.#parts.random.below(packetsAtOnce))) {
      if (this.#isSilent || this.#isOver) return
      if (this.#life === this.#parts.daemon.life) sent()
      this.#deliver(text)
    }
    if (this.#packets.length > 0) this.#plan(this.#delay())
  }

  #deliver(text: string): void {
    this.#parts.trace(`${this.#parts.name} ${text.length}`)
    this.#carried += text.length
    // Protocol 5: an event is a 2, its namespace, and its arguments.
    this.#client.onEvent(JSON.parse(text.slice('2/holdfast,'.length)) as readonly unknown[])
    if (this.#carried >= this.#fate.silentAfter) this.fallSilent()
    else if (this.#carried >= this.#fate.cutAfter) this.cut()
  }

  /** What was sent before still travels. */
  #endByServer(reason: string): void {
    const { clock } = this.#parts
    const server = this.#server
    this.#server = undefined
    queueMicrotask(() => server?.over())
    clock.after(this.#delay(), () => {
      if (!this.#isSilent) this.#endClient(reason)
    })
    if (this.#isSilent || this.#isOver) return
    this.#note('ended by the server')
  }

  #tellServer(delayMs: number): void {
    const { clock, daemon } = this.#parts
    clock.after(delayMs, () => {
      if (this.#life !== undefined && this.#life === daemon.life) this.#server?.over()
      this.#server = undefined
    })
  }

  #endClient(reason: string): void {
    if (this.#isOver) return
    this.#finish()
    this.#client.onOver(reason)
  }

  #finish(): void {
    this.#isOver = true
    this.#packets = []
    this.#transmission?.cancel()
    this.#patience?.cancel()
    this.onOver()
  }

  #delay(): number {
    return this.#parts.random.next() * this.#fate.delayMs
  }

  #note(what: string): void {
    const { tally, trace, name } = this.#parts
    tally.note(what)
    trace(`${name} ${what}`)
  }
}
