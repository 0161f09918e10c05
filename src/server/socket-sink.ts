import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Sink } from './sink.ts'

/**
 * The rest of a connection, once the head of a stream was written: the bytes of the body and nothing around them.
 *
 * Of a stream that may be open for days, the request and the reply are let go, which are some KiB of memory for each client, and a write costs what a
 * write to a socket does.
 */
export class SocketSink implements Sink {
  readonly #socket: Socket
  #writtenBytes = 0

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Takes the connection over from a reply whose head was sent; undefined where it is not the reply's to give. */
  static takeOver(response: ServerResponse): SocketSink | undefined {
    const { socket } = response
    if (socket === null || response.chunkedEncoding || response.writableLength > socket.writableLength) return undefined
    response.detachSocket(socket)
    return new SocketSink(socket)
  }

  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  get takenBytes(): number {
    return this.#writtenBytes - this.pendingBytes
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#writtenBytes += bytes.byteLength
    this.#socket.write(bytes)
  }

  onceRoomy(callback: () => void): void {
    // Without the need of it there will be no event.
    if (this.isClosed || !this.#socket.writableNeedDrain) return queueMicrotask(callback)
    const done = (): void => {
      this.#socket.off('drain', done)
      this.#socket.off('close', done)
      callback()
    }
    this.#socket.on('drain', done)
    this.#socket.on('close', done)
  }

  onceClosed(callback: () => void): void {
    if (this.#socket.destroyed) queueMicrotask(callback)
    // It comes once by itself.
    else this.#socket.on('close', callback)
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
