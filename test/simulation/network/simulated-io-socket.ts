/** A socket of `socket.io-client`, as its documentation has it: it connects again by itself, and keeps what is said meanwhile. */
import type { ClientSocket } from '../../../src/client/socket-io/socket-io-wire.ts'
import type { Timer } from '../../../src/base/clock.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { Emitter } from './emitter.ts'
import type { ClientSide, IoLink } from './io-link.ts'

export interface SimulatedIoSocketParts {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  /** A new connection. */
  readonly dial: (client: ClientSide) => IoLink
}

export class SimulatedIoSocket extends Emitter implements ClientSocket {
  connected = false
  readonly #parts: SimulatedIoSocketParts
  #link: IoLink | undefined
  #retry: Timer | undefined
  #failures = 0
  readonly #kept: (readonly unknown[])[] = []

  constructor(parts: SimulatedIoSocketParts) {
    super()
    this.#parts = parts
  }

  emit(...args: readonly unknown[]): void {
    if (this.connected) this.#link?.say(args)
    else this.#kept.push(args)
  }

  connect(): void {
    if (this.#link !== undefined || this.#retry !== undefined) return
    this.#link = this.#parts.dial({
      onOpen: () => this.#open(),
      onEvent: ([event, ...args]) => this.tell(event as string, ...args),
      onOver: (reason) => this.#over(reason),
    })
    this.#link.begin()
  }

  disconnect(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    this.#link?.leave()
    this.#link = undefined
    if (this.connected) this.#lose('io client disconnect')
  }

  #open(): void {
    this.connected = true
    this.#failures = 0
    for (const args of this.#kept.splice(0)) this.#link?.say(args)
    this.tell('connect')
  }

  #over(reason: string): void {
    this.#link = undefined
    // Whoever is told may connect again at once.
    if (reason !== 'io server disconnect') this.#reconnect()
    if (this.connected) this.#lose(reason)
    else this.tell('connect_error', new Error(reason))
  }

  #lose(reason: string): void {
    this.connected = false
    this.tell('disconnect', reason)
  }

  #reconnect(): void {
    const { clock, random } = this.#parts
    const delayMs = Math.min(5_000, 1_000 * 2 ** this.#failures) * (0.5 + random.next())
    this.#failures += 1
    this.#retry = clock.after(delayMs, () => {
      this.#retry = undefined
      this.connect()
    })
  }
}
