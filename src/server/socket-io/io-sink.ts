import { streamId } from '../../protocol/socket-io.ts'
import type { Sink } from '../sink.ts'
import { type Packet, packetOf, type SharedPackets } from './packets.ts'
import type { IoSocket } from './socket-io-shapes.ts'

/** A client that has not taken so many bytes has no room, as the system's own buffers have it. */
const roomBytes = 16 * 1024

export interface IoSinkParts {
  readonly socket: IoSocket
  readonly namespace: string
  readonly packets: SharedPackets
  /** The id of the request. */
  readonly id: number
  /** It is the stream of its connection. */
  readonly isStream: boolean
  /** Told once when it has ended, and all that was written is taken. */
  readonly onEnd: () => void
}

/** An answer over Socket.IO. What is a whole message, and the stream's, is one packet for all who get it. */
export class IoSink implements Sink {
  readonly #parts: IoSinkParts
  readonly #onRoomy: (() => void)[] = []
  readonly #onClosed: (() => void)[] = []
  /** Made when there is part of a message to decode: a stream that idles has none. */
  #decoder: InstanceType<typeof TextDecoder> | undefined
  #isInside = false
  #isClosed = false
  pendingBytes = 0
  takenBytes = 0

  constructor(parts: IoSinkParts) {
    this.#parts = parts
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: Uint8Array, isWhole = true): void {
    if (this.#isClosed) return
    const { id, isStream, packets, namespace } = this.#parts
    const isShared = isStream && isWhole && !this.#isInside
    this.#isInside = !isWhole
    if (isShared) return this.#send(packets.of(bytes))
    this.#decoder ??= new TextDecoder()
    this.#send(packetOf(namespace, [isStream ? streamId : id, this.#decoder.decode(bytes, { stream: !isWhole })]))
  }

  onceRoomy(callback: () => void): void {
    if (this.#isClosed || this.pendingBytes <= roomBytes) queueMicrotask(callback)
    else this.#onRoomy.push(callback)
  }

  onceClosed(callback: () => void): void {
    if (this.#isClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  end(): void {
    if (this.#isClosed) return
    this.#send(packetOf(this.#parts.namespace, [this.#parts.id]))
    this.leave()
  }

  /** Ends without a word; the client may have more open on its connection, but takes nothing of it either. */
  destroy(): void {
    if (this.#isClosed) return
    this.leave()
    this.#parts.socket.conn.close()
  }

  /** Ends because the client wants no more, or has gone. */
  leave(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#settle()
    for (const callback of [...this.#onRoomy.splice(0), ...this.#onClosed.splice(0)]) callback()
  }

  #send({ message, options }: Packet): void {
    const bytes = options.wsPreEncodedFrame?.[0]?.byteLength ?? message.length
    this.pendingBytes += bytes
    this.#parts.socket.conn.send(message, options, () => {
      this.pendingBytes -= bytes
      this.takenBytes += bytes
      this.#settle()
      if (this.pendingBytes <= roomBytes) for (const callback of this.#onRoomy.splice(0)) callback()
    })
  }

  #settle(): void {
    if (this.#isClosed && this.pendingBytes === 0) this.#parts.onEnd()
  }
}
