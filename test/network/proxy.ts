/**
 * A proxy on loopback that does to connections what networks do: it delays, slows, cuts, and lets them fall silent.
 *
 * What happens to a connection is drawn when it is opened, from a seed. A silent one stays open on both sides and carries nothing any more;
 * neither side is told when the other one goes.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from '../harness/seeded-random.ts'

/** How likely each fate of a connection is. */
export interface Faults {
  readonly cut: number
  readonly silent: number
  readonly slow: number
  /** Longest delay of one piece, ms. */
  readonly delayMs: number
}

export interface ProxyCounts {
  connections: number
  cut: number
  silent: number
  slow: number
  refused: number
}

/** What will happen to one connection. */
interface Fate {
  readonly end: 'cut' | 'silent' | undefined
  /** After so many bytes of answers. */
  readonly endsAfter: number
  readonly delayMs: number
  /** Bytes of one piece at most; the next one comes no sooner than 20 ms later. */
  readonly pieceBytes: number | undefined
}

const none: Faults = { cut: 0, silent: 0, slow: 0, delayMs: 0 }

export class Proxy {
  readonly counts: ProxyCounts = { connections: 0, cut: 0, silent: 0, slow: 0, refused: 0 }
  readonly #server: Server
  readonly #target: number
  readonly #random: SeededRandom
  readonly #links = new Set<Link>()
  #faults: Faults

  private constructor(target: number, random: SeededRandom, faults: Faults) {
    this.#target = target
    this.#random = random
    this.#faults = faults
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Listens on a free port, for connections to another one. */
  static async listen(target: number, random: SeededRandom, faults: Faults): Promise<Proxy> {
    const proxy = new Proxy(target, random, faults)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts a share of the connections that are open. */
  cut(share: number): void {
    for (const link of [...this.#links]) if (this.#random.chance(share)) link.cut()
  }

  /** New connections have nothing to fear; those that have fallen silent stay so. */
  calm(): void {
    this.#faults = none
    for (const link of this.#links) link.spare()
  }

  async close(): Promise<void> {
    for (const link of [...this.#links]) link.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    this.counts.connections += 1
    const link = new Link(client, connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }), {
      fate: this.#draw(),
      counts: this.counts,
    })
    this.#links.add(link)
    link.onOver = () => this.#links.delete(link)
  }

  #draw(): Fate {
    const random = this.#random
    const { cut, silent, slow, delayMs } = this.#faults
    const isSlow = random.chance(slow)
    if (isSlow) this.counts.slow += 1
    return {
      end: random.chance(cut) ? 'cut' : random.chance(silent) ? 'silent' : undefined,
      endsAfter: Math.floor(200 * 2 ** (random.next() * 8)),
      delayMs: random.next() * delayMs,
      pieceBytes: isSlow ? 200 + random.below(2000) : undefined,
    }
  }
}

interface LinkParts {
  readonly fate: Fate
  readonly counts: ProxyCounts
}

/** One connection through the proxy: two sockets. */
class Link {
  onOver: () => void = () => undefined
  readonly #client: Socket
  readonly #server: Socket
  readonly #counts: ProxyCounts
  #fate: Fate
  #answered = 0
  #isSilent = false

  constructor(client: Socket, server: Socket, { fate, counts }: LinkParts) {
    this.#client = client
    this.#server = server
    this.#fate = fate
    this.#counts = counts
    for (const socket of [client, server]) {
      socket.on('error', (error: NodeJS.ErrnoException) => this.#lost(error.code))
      socket.on('close', () => this.#lost())
    }
    void this.#carry(client, server, false)
    void this.#carry(server, client, true)
  }

  /** Both sides see the connection break. */
  cut(): void {
    if (this.#isSilent) return
    this.#counts.cut += 1
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  spare(): void {
    this.#fate = { ...this.#fate, end: undefined, pieceBytes: undefined }
  }

  destroy(): void {
    this.#isSilent = false
    this.#client.destroy()
    this.#server.destroy()
  }

  /** Carries what comes from one side to the other, piece by piece; how much is under way is bounded by the sockets' own buffers. */
  async #carry(from: Socket, to: Socket, isAnswer: boolean): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Uint8Array>) {
        if (this.#isSilent) continue
        await this.#pass(bytes, to, isAnswer)
      }
      if (!this.#isSilent) to.end()
    } catch {
      // A broken connection ends both sides, in #lost.
    }
  }

  async #pass(bytes: Uint8Array, to: Socket, isAnswer: boolean): Promise<void> {
    const { delayMs, pieceBytes } = this.#fate
    if (delayMs >= 1) await delay(delayMs)
    const most = pieceBytes ?? bytes.byteLength
    for (let at = 0; at < bytes.byteLength && !this.#isSilent && !to.destroyed; at += most) {
      const piece = bytes.subarray(at, at + this.#room(most, isAnswer))
      if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')])
      if (isAnswer) this.#count(piece.byteLength)
      if (pieceBytes !== undefined) await delay(20)
    }
  }

  /** How much of the next piece still passes. */
  #room(most: number, isAnswer: boolean): number {
    const { end, endsAfter } = this.#fate
    return isAnswer && end !== undefined ? Math.max(1, Math.min(most, endsAfter - this.#answered)) : most
  }

  #count(bytes: number): void {
    this.#answered += bytes
    const { end, endsAfter } = this.#fate
    if (end === undefined || this.#answered < endsAfter) return
    if (end === 'cut') return this.cut()
    this.#isSilent = true
    this.#counts.silent += 1
  }

  #lost(code?: string): void {
    if (this.#isSilent) {
      if (this.#client.destroyed && this.#server.destroyed) this.onOver()
      return
    }
    if (code === 'ECONNREFUSED') this.#counts.refused += 1
    this.#client.destroy()
    this.#server.destroy()
    this.onOver()
  }
}
