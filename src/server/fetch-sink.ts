import type { Sink } from './sink.ts'

/** Bytes that a body of the Fetch kind holds before it asks for a pause. */
const heldBytes = 64 * 1024

/** The body of a `Response`, for hosts of the Fetch kind. */
export class FetchSink implements Sink {
  readonly body: ReadableStream<Uint8Array>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #isClosed = false
  #writtenBytes = 0
  #onRoomy: (() => void)[] = []
  #onClosed: (() => void)[] = []

  constructor() {
    const strategy = { highWaterMark: heldBytes, size: (bytes: Uint8Array | undefined) => bytes?.byteLength ?? 0 }
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#roomy(),
        cancel: () => this.#close(),
      },
      strategy,
    )
  }

  get pendingBytes(): number {
    return Math.max(0, heldBytes - (this.#controller.desiredSize ?? 0))
  }

  get takenBytes(): number {
    return this.#writtenBytes - this.pendingBytes
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#writtenBytes += bytes.byteLength
    this.#controller.enqueue(bytes)
  }

  onceRoomy(callback: () => void): void {
    if (this.#isClosed || this.pendingBytes < heldBytes) queueMicrotask(callback)
    else this.#onRoomy.push(callback)
  }

  onceClosed(callback: () => void): void {
    if (this.#isClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  end(): void {
    if (this.#isClosed) return
    this.#controller.close()
    this.#close()
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#controller.error(new Error('The server ended the connection.'))
    this.#close()
  }

  #roomy(): void {
    const callbacks = this.#onRoomy
    this.#onRoomy = []
    for (const callback of callbacks) callback()
  }

  #close(): void {
    this.#isClosed = true
    this.#roomy()
    const callbacks = this.#onClosed
    this.#onClosed = []
    for (const callback of callbacks) callback()
  }
}
