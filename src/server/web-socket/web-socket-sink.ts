import type { Duplex } from 'node:stream'
import { WritableSink } from '../writable-sink.ts'
import { type SharedFrames, textFrame } from './frames.ts'
import type { WebSocketConnection } from './web-socket-class.ts'

export interface WebSocketSinkParts {
  readonly frames: SharedFrames
  /** The last round of pings. */
  readonly round: number
}

/**
 * A stream over a WebSocket: all that belongs together is one text message.
 *
 * The frames are written past the library, which has no way to give one to many connections without making it anew for each. It answers pings
 * and ends the connection, always by whole frames, so neither comes into the middle of the other's.
 */
export class WebSocketSink extends WritableSink {
  readonly #connection: WebSocketConnection
  readonly #frames: SharedFrames
  #isEnded = false
  /** The message that is being written has begun. */
  #isInside = false
  #isGone = false
  #onGone: (() => void) | undefined
  /** The round of pings after which it was last heard. */
  heardIn: number

  /** @param socket whose errors the connection listens for */
  constructor(connection: WebSocketConnection, socket: Duplex, { frames, round }: WebSocketSinkParts) {
    super(socket)
    this.#connection = connection
    this.#frames = frames
    this.heardIn = round
  }

  override get isClosed(): boolean {
    return this.#isEnded || super.isClosed
  }

  override write(bytes: Uint8Array, isWhole = true): void {
    const isFirst = !this.#isInside
    this.#isInside = !isWhole
    super.write(isFirst && isWhole ? this.#frames.of(bytes) : textFrame(bytes, { isFirst, isLast: isWhole }))
  }

  /** One listener of the connection serves them all: each listener of each connection costs memory as long as it is open. */
  override onceClosed(callback: () => void): void {
    if (this.#isGone) return queueMicrotask(callback)
    const before = this.#onGone
    const both = (): void => {
      before?.()
      callback()
    }
    this.#onGone = before === undefined ? callback : both
  }

  /** The connection has ended. */
  gone(): void {
    this.#isGone = true
    this.#onGone?.()
  }

  override end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#connection.close(1000)
  }

  override destroy(): void {
    this.#isEnded = true
    this.#connection.terminate()
  }
}
