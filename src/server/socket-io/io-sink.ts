import { streamId } from '../../protocol/socket-io.ts'
import type { Sink } from '../sink.ts'
import type { Outgoing } from './outgoing.ts'
import { packetOf, type SharedPackets } from './packets.ts'

export interface IoSinkParts {
  /** Of its connection. */
  readonly outgoing: Outgoing
  readonly namespace: string
  readonly packets: SharedPackets
  /** The id of the request. */
  readonly id: number
  /** It is the stream of its connection. */
  readonly isStream: boolean
  /** Told once when it has ended. */
  readonly onEnd: () => void
}

/** An answer over Socket.IO, whose bytes count with those of all others of its connection. What is a whole message, and the stream's, is one packet for all who get it. */
export class IoSink implements Sink {
  readonly #parts: IoSinkParts
  readonly #decoder = new TextDecoder()
  readonly #onClosed: (() => void)[] = []
  #isInside = false
  #isClosed = false

  constructor(parts: IoSinkParts) {
    this.#parts = parts
  }

  get pendingBytes(): number {
    return this.#parts.outgoing.pendingBytes
  }

  get takenBytes(): number {
    return this.#parts.outgoing.takenBytes
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: Uint8Array, isWhole = true): void {
    if (this.#isClosed) return
    const { id, isStream, packets, namespace, outgoing } = this.#parts
    const isShared = isStream && isWhole && !this.#isInside
    this.#isInside = !isWhole
    const packet = isShared
      ? packets.of(bytes)
      : packetOf(namespace, [isStream ? streamId : id, this.#decoder.decode(bytes, { stream: !isWhole })])
    outgoing.send(packet)
  }

  onceRoomy(callback: () => void): void {
    if (this.#isClosed) queueMicrotask(callback)
    else this.#parts.outgoing.onceRoomy(this, callback)
  }

  onceClosed(callback: () => void): void {
    if (this.#isClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  end(): void {
    if (this.#isClosed) return
    const { id, namespace, outgoing } = this.#parts
    outgoing.send(packetOf(namespace, [id]))
    this.leave()
  }

  /** Ends without a word; the client may have more open on its connection, but takes nothing of it either. */
  destroy(): void {
    if (this.#isClosed) return
    this.leave()
    this.#parts.outgoing.destroy()
  }

  /** Ends because the client wants no more, or has gone. */
  leave(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#parts.onEnd()
    this.#parts.outgoing.release(this)
    for (const callback of this.#onClosed.splice(0)) callback()
  }
}
