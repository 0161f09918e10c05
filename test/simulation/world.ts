/** What a simulation consists of: a daemon, clients that come and go, what lies between them, and one clock and one seed for all. */
import { createHash } from 'node:crypto'
import { SeededRandom } from '../harness/seeded-random.ts'
import type { Tally } from '../model/tally.ts'
import { SimulatedTabs } from '../support/simulated-tabs.ts'
import { Network } from './network/network.ts'
import { ObservedClient, type WrapWire } from './observed-client.ts'
import { Daemon } from './server/daemon.ts'
import { History } from './server/history.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface WorldOptions {
  readonly tally: Tally
  /** Puts a planted bug between each client and the network. */
  readonly wrapWire?: WrapWire | undefined
}

export class World {
  readonly clock = new VirtualClock()
  readonly history = new History()
  readonly tally: Tally
  readonly random: SeededRandom
  readonly daemon: Daemon
  readonly network: Network
  /** Of one browser, in which some of the clients are. */
  readonly tabs: SimulatedTabs
  /** Those that are there. */
  readonly clients: ObservedClient[] = []
  /** Those that have gone. */
  readonly closed: ObservedClient[] = []
  /** What nobody should have reported. */
  readonly complaints: string[] = []
  /** Streams of clients come to nothing, as behind a middlebox that holds them back. */
  isBoxed = false
  readonly #hash = createHash('sha256')
  readonly #seed: number
  readonly #tabChance: SeededRandom
  readonly #wrapWire: WrapWire | undefined

  constructor(seed: number, { tally, wrapWire }: WorldOptions) {
    const { clock, history, trace } = this
    this.#seed = seed
    this.#wrapWire = wrapWire
    this.tally = tally
    this.random = this.#chance('story')
    this.daemon = new Daemon({ clock, history, random: this.#chance('daemon'), onError: (error) => this.#hear(error) })
    this.network = new Network({ clock, tally, trace, random: this.#chance('network'), daemon: this.daemon })
    this.#tabChance = this.#chance('tabs')
    let arrivesAt = 0
    const later = (callback: () => void): void => {
      arrivesAt = Math.max(arrivesAt, clock.elapsed() + this.#tabChance.next() * 20)
      clock.after(arrivesAt - clock.elapsed(), callback)
    }
    this.tabs = new SimulatedTabs({ later, note: (what) => tally.note(what) })
  }

  /** Notes what happens, for the digest. */
  readonly trace = (what: string): void => void this.#hash.update(`${this.clock.elapsed()} ${what}\n`)

  connect(): void {
    const { clock, history, tally, trace, network } = this
    const name = `c${this.clients.length + this.closed.length}`
    const fetch = network.fetchFor({ name, isBoxed: () => this.isBoxed })
    const random = this.#chance(name)
    const io = random.chance(0.2) ? network.socketFor(name) : undefined
    const tab = io === undefined && this.#tabChance.chance(0.5) ? this.tabs.open() : undefined
    const wrapWire = this.#wrapWire
    const client = new ObservedClient({ name, clock, history, tally, trace, fetch, random, wrapWire, tab, io })
    this.clients.push(client)
  }

  disconnect(client: ObservedClient): void {
    this.clients.splice(this.clients.indexOf(client), 1)
    this.closed.push(client)
    client.look()
    if (this.#tabChance.chance(0.5)) client.tab?.crash()
    client.replica.close()
    client.leave()
  }

  /** Some tabs freeze and thaw. */
  freezeTabs(): void {
    for (const { tab } of this.clients) {
      if (tab === undefined || !this.#tabChance.chance(0.3)) continue
      this.tally.note('a tab froze')
      tab.freeze()
      this.clock.after(this.#tabChance.next() * 90_000, () => tab.thaw())
    }
  }

  /** A digest of everything that happened, in order. Ends the world. */
  digest(): string {
    return this.#hash.digest('hex')
  }

  #chance(name: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${name}`)
  }

  #hear(error: unknown): void {
    const { code, cause } = error as { readonly code?: string; readonly cause?: unknown }
    if (code === 'CONSUMER_TOO_SLOW') this.tally.note('a client was let go')
    else this.complaints.push(`The server reported ${String(error)}: ${String(cause)}`)
  }
}
