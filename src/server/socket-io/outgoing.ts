import { portionBytes } from '../write-all.ts'
import type { Packet } from './packets.ts'
import type { IoSocket } from './socket-io-shapes.ts'

/** Who waits for room, and whose answer that is. */
interface Waiting {
  readonly of: object
  readonly callback: () => void
}

/** What one connection is sent: all its answers together have the room that one client has (rule F3). */
export class Outgoing {
  readonly #socket: Pick<IoSocket, 'conn'>
  #waiting: Waiting[] = []
  #isCalling = false
  /** Bytes sent that the client has not taken. */
  pendingBytes = 0
  /** Bytes sent that it has taken. */
  takenBytes = 0

  constructor(socket: Pick<IoSocket, 'conn'>) {
    this.#socket = socket
  }

  /** @param of told once it is taken */
  send({ message, options }: Packet, of: { taken(): void }): void {
    const bytes = options.wsPreEncodedFrame?.[0]?.byteLength ?? message.length
    this.pendingBytes += bytes
    this.#socket.conn.send(message, options, () => {
      this.pendingBytes -= bytes
      this.takenBytes += bytes
      of.taken()
      if (this.#waiting.length > 0) void this.#callNext()
    })
  }

  /** Calls back once there is room for a portion, whose turn it is then. */
  onceRoomy(of: object, callback: () => void): void {
    if (this.pendingBytes <= portionBytes) queueMicrotask(callback)
    else this.#waiting.push({ of, callback })
  }

  /** Calls back those who waited for an answer that waits for nothing any more. */
  release(of: object): void {
    const released = this.#waiting.filter((waiting) => waiting.of === of)
    if (released.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => waiting.of !== of)
    for (const { callback } of released) callback()
  }

  /** Breaks the connection. */
  destroy(): void {
    const { conn } = this.#socket
    conn.close(true)
    // A WebSocket would first wait for an answer to its goodbye, which stands behind all that is not taken.
    conn.transport.socket?.terminate()
  }

  /** One after the other, each once the one before has written, which stands behind the others then: nobody starves. */
  async #callNext(): Promise<void> {
    if (this.#isCalling) return
    this.#isCalling = true
    while (this.pendingBytes <= portionBytes) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      next.callback()
      // Whoever awaits this callback goes on before what follows here.
      await Promise.resolve()
    }
    this.#isCalling = false
  }
}
