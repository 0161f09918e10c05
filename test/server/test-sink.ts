import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Sink } from '../../src/server/sink.ts'

/** A client's side of a stream: takes what it is sent at once, or, while it is paused, nothing. */
export class TestSink implements Sink {
  readonly messages: EventSourceMessage[] = []
  isPaused = false
  isClosed = false
  isBroken = false
  readonly #untaken: Uint8Array[] = []
  #takenBytes = 0
  readonly #onRoomy: (() => void)[] = []
  readonly #onClosed: (() => void)[] = []
  readonly #onMessage: (() => void)[] = []
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({
    onEvent: (message) => {
      this.messages.push(message)
    },
  })

  get pendingBytes(): number {
    return this.#untaken.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#untaken.push(bytes)
    if (!this.isPaused) this.take()
  }

  /** Takes the next so many pieces; all when not said. */
  take(count = this.#untaken.length): void {
    for (const bytes of this.#untaken.splice(0, count)) {
      this.#takenBytes += bytes.byteLength
      this.#parser.feed(this.#decoder.decode(bytes, { stream: true }))
    }
    for (const tell of this.#onMessage.splice(0)) tell()
    if (this.#untaken.length === 0) for (const callback of this.#onRoomy.splice(0)) callback()
  }

  resume(): void {
    this.isPaused = false
    this.take()
  }

  onceRoomy(callback: () => void): void {
    if (this.isClosed || this.#untaken.length === 0) queueMicrotask(callback)
    else this.#onRoomy.push(callback)
  }

  onceClosed(callback: () => void): void {
    if (this.isClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  end(): void {
    this.isClosed = true
    for (const callback of [...this.#onRoomy.splice(0), ...this.#onClosed.splice(0)]) callback()
    for (const tell of this.#onMessage.splice(0)) tell()
  }

  destroy(): void {
    this.isBroken = true
    this.end()
  }

  /** Resolves once what was received fulfils a condition. */
  async until(isReached: (messages: readonly EventSourceMessage[]) => boolean): Promise<void> {
    while (!isReached(this.messages) && !this.isClosed) await new Promise<void>((resolve) => this.#onMessage.push(resolve))
  }
}
