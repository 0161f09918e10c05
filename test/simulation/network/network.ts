/**
 * The network between clients and the daemon: each request a connection of its own, with a fate that is drawn when it is opened.
 *
 * Connections are independent of each other, so what they carry is reordered across them and never within one. Everything is driven by the
 * clock and by chance; there is nothing else.
 */
import type { Fetch } from '../../../src/client/sync/fetch-wire.ts'
import type { SeededRandom } from '../../harness/seeded-random.ts'
import type { Tally } from '../../model/tally.ts'
import type { Daemon } from '../server/daemon.ts'
import { Exchange, type Fate } from './exchange.ts'
import { IoLink } from './io-link.ts'
import { SimulatedIoSocket } from './simulated-io-socket.ts'
import type { VirtualClock } from '../virtual-clock.ts'

/** How likely each fate is. */
export interface Weather {
  readonly refused: number
  readonly lost: number
  readonly cut: number
  readonly silent: number
  readonly stalled: number
  readonly duplicated: number
  /** Longest way of one piece, ms. */
  readonly delayMs: number
  /** How likely a piece is split. */
  readonly split: number
}

export const fair: Weather = { refused: 0, lost: 0, cut: 0, silent: 0, stalled: 0, duplicated: 0, delayMs: 5, split: 0.1 }
export const rough: Weather = {
  refused: 0.05,
  lost: 0.05,
  cut: 0.35,
  silent: 0.1,
  stalled: 0.05,
  duplicated: 0.25,
  delayMs: 300,
  split: 0.4,
}
export const storm: Weather = { refused: 0.3, lost: 0.2, cut: 0.7, silent: 0.2, stalled: 0.1, duplicated: 0.4, delayMs: 3000, split: 0.7 }

export interface NetworkParts {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly daemon: Daemon
  readonly tally: Tally
  readonly trace: (what: string) => void
}

export class Network {
  weather: Weather = fair
  readonly #parts: NetworkParts
  /** Connections that are open. */
  readonly #open = new Set<Exchange | IoLink>()
  #number = 0

  constructor(parts: NetworkParts) {
    this.#parts = parts
  }

  /** `fetch` of one client; streams of one behind a middlebox that holds them back come to nothing. */
  fetchFor(client: { readonly name: string; readonly isBoxed: () => boolean }): Fetch {
    return (url, init) => {
      const isStream = url.includes('/feed?')
      const fate = this.#draw(init.method === 'POST', isStream && client.isBoxed())
      this.#number += 1
      const exchange = new Exchange({ ...this.#parts, name: `${client.name}/${this.#number}`, url, init, fate })
      this.#keep(exchange)
      exchange.begin()
      return exchange.response
    }
  }

  /** A socket of Socket.IO, of one client. */
  socketFor(name: string): SimulatedIoSocket {
    const { clock, random } = this.#parts
    return new SimulatedIoSocket({
      clock,
      random,
      dial: (client) => {
        this.#number += 1
        const fate = this.#draw(false, false)
        return this.#keep(new IoLink({ ...this.#parts, name: `${name}/${this.#number}`, fate }, client))
      },
    })
  }

  /** The server's process is gone: connections break, or, where its machine is gone with it, say nothing any more. */
  serverGone(isSilent: boolean): void {
    for (const connection of [...this.#open]) connection.serverGone(isSilent)
  }

  /** Something happens to the connections that are open. */
  disturb(share: number): void {
    const { random } = this.#parts
    for (const connection of [...this.#open]) {
      if (!random.chance(share)) continue
      if (random.chance(0.3)) connection.fallSilent()
      else connection.cut()
    }
  }

  /** From now on all goes well; what has fallen silent stays so. */
  calm(): void {
    this.weather = fair
    for (const connection of this.#open) connection.calm()
  }

  #keep<Connection extends Exchange | IoLink>(connection: Connection): Connection {
    this.#open.add(connection)
    connection.onOver = () => this.#open.delete(connection)
    return connection
  }

  #draw(isCall: boolean, isBoxed: boolean): Fate {
    const { random } = this.#parts
    const { refused, lost, cut, silent, stalled, duplicated, delayMs, split } = this.weather
    const bytes = (): number => random.below(random.chance(0.5) ? 400 : 6000)
    return {
      isRefused: random.chance(refused),
      isLost: isBoxed || random.chance(lost),
      cutAfter: random.chance(cut) ? bytes() : Infinity,
      isCleanCut: random.chance(0.3),
      silentAfter: random.chance(silent) ? bytes() : Infinity,
      stallAfter: random.chance(stalled) ? bytes() : Infinity,
      stallMs: random.next() * 70_000,
      isDuplicated: isCall && random.chance(duplicated),
      delayMs: random.next() * delayMs,
      split,
      // What a byte costs in buffers: with a lot, little data fills them.
      weight: random.chance(0.1) ? 2000 : 1,
    }
  }
}
