import type { ServerResponse } from 'node:http'
import type { Sink } from './sink.ts'

/** The body of a reply of `node:http`, after its head was written. */
export class NodeSink implements Sink {
  readonly #response: ServerResponse
  #writtenBytes = 0

  constructor(response: ServerResponse) {
    this.#response = response
    // A broken connection ends the reply; that is all there is to do about it.
    response.on('error', ignore)
  }

  get pendingBytes(): number {
    return this.#response.writableLength
  }

  get takenBytes(): number {
    return this.#writtenBytes - this.pendingBytes
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#writtenBytes += bytes.byteLength
    this.#response.write(bytes)
  }

  onceRoomy(callback: () => void): void {
    // Without the need of it there will be no event.
    if (this.isClosed || !this.#response.writableNeedDrain) return queueMicrotask(callback)
    const done = (): void => {
      this.#response.off('drain', done)
      this.#response.off('close', done)
      callback()
    }
    this.#response.on('drain', done)
    this.#response.on('close', done)
  }

  onceClosed(callback: () => void): void {
    if (this.#response.destroyed) queueMicrotask(callback)
    // It comes once by itself.
    else this.#response.on('close', callback)
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}

function ignore(): void {}
