import { streamId } from '../../protocol/socket-io.ts'
import type { Sink } from '../sink.ts'
import type { Outgoing } from './outgoing.ts'
import { type Packet, packetOf, type SharedPackets } from './packets.ts'

/** Who is told of answers. */
export interface Asker {
  /** One has ended; some of it may wait to be taken. */
  ended(): void
  /** One has ended, and all that was written of it is taken. */
  settled(id: number): void
}

export interface IoSinkParts {
  /** Of its connection. */
  readonly outgoing: Outgoing
  readonly namespace: string
  readonly packets: SharedPackets
  /** The id of the request. */
  readonly id: number
  /** It is the stream of its connection. */
  readonly isStream: boolean
  readonly asker: Asker
}

/**
 * An answer over Socket.IO, whose bytes count with those of all others of its connection. What is a whole message, and the stream's, is one packet
 * for all who get it.
 */
export class IoSink implements Sink {
  readonly #parts: IoSinkParts
  readonly #onClosed: (() => void)[] = []
  /** Made when there is part of a message to decode: a stream that idles has none. */
  #decoder: InstanceType<typeof TextDecoder> | undefined
  #isInside = false
  #isClosed = false
  /** Packets of its own that were not taken. */
  #untaken = 0

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
    const { id, isStream, packets, namespace } = this.#parts
    const isShared = isStream && isWhole && !this.#isInside
    this.#isInside = !isWhole
    if (isShared) return this.send(packets.of(bytes))
    this.#decoder ??= new TextDecoder()
    this.send(packetOf(namespace, [isStream ? streamId : id, this.#decoder.decode(bytes, { stream: !isWhole })]))
  }

  /** Sends a packet of the answer. */
  send(packet: Packet): void {
    this.#untaken += 1
    this.#parts.outgoing.send(packet, this)
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
    this.send(packetOf(this.#parts.namespace, [this.#parts.id]))
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
    const { asker, outgoing } = this.#parts
    asker.ended()
    this.#settle()
    outgoing.release(this)
    for (const callback of this.#onClosed.splice(0)) callback()
  }

  /** One of its packets was taken. */
  taken(): void {
    this.#untaken -= 1
    this.#settle()
  }

  #settle(): void {
    if (this.#isClosed && this.#untaken === 0) this.#parts.asker.settled(this.#parts.id)
  }
}
