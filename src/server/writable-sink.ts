import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Sink } from './sink.ts'

/** The body of a reply over what Node writes to: a reply of `node:http` after its head was written, or a connection. */
export class WritableSink implements Sink {
  protected readonly writable: Writable
  #writtenBytes = 0

  /** @param writable whose errors somebody listens for */
  protected constructor(writable: Writable) {
    this.writable = writable
  }

  static over(writable: Writable): WritableSink {
    // A broken connection ends the reply; that is all there is to do about it.
    writable.on('error', ignore)
    return new WritableSink(writable)
  }

  get pendingBytes(): number {
    return this.writable.writableLength
  }

  get takenBytes(): number {
    return this.#writtenBytes - this.pendingBytes
  }

  get isClosed(): boolean {
    return this.writable.destroyed || this.writable.writableEnded
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#writtenBytes += bytes.byteLength
    this.writable.write(bytes)
  }

  onceRoomy(callback: () => void): void {
    const { writable } = this
    // Without the need of it there will be no event.
    if (this.isClosed || !writable.writableNeedDrain) return queueMicrotask(callback)
    const done = (): void => {
      writable.off('drain', done)
      writable.off('close', done)
      callback()
    }
    writable.on('drain', done)
    writable.on('close', done)
  }

  onceClosed(callback: () => void): void {
    if (this.writable.destroyed) queueMicrotask(callback)
    // It comes once by itself.
    else this.writable.on('close', callback)
  }

  end(): void {
    this.writable.end()
  }

  destroy(): void {
    this.writable.destroy()
  }
}

/**
 * The rest of a connection, once the head of a stream was written: the bytes of the body and nothing around them. Undefined where it is not the reply's to
 * give.
 *
 * Of a stream that may be open for days, the request and the reply are let go, which are some KiB of memory for each client, and a write costs what a
 * write to a socket does.
 */
export function takeOverSocket(response: ServerResponse): WritableSink | undefined {
  const { socket } = response
  if (socket === null || response.chunkedEncoding || response.writableLength > socket.writableLength) return undefined
  response.detachSocket(socket)
  // Another request on this connection would be answered in the middle of the stream, and Node, which knows the first one as unanswered, would end the
  // process by an assertion. They are taken off one by one, as removing all at once costs each connection 700 bytes in the engine.
  for (const listener of socket.rawListeners('data')) socket.off('data', listener as () => void)
  socket.on('data', letGo)
  return WritableSink.over(socket)
}

/** Who has asked for a stream has nothing more to say. */
function letGo(this: Socket): void {
  this.destroy()
}

function ignore(): void {}
