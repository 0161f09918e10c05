import type { Sink } from '../../../src/server/sink.ts'

/** From so many untaken bytes on, a reply of `node:http` wants its writer to wait. */
const highWaterBytes = 16 * 1024

/** The server's side of a connection, as that of a reply of `node:http`: what was written waits until it is taken. */
export class ServerEnd implements Sink {
  readonly #weight: number
  readonly #onWork: () => void
  #pieces: Uint8Array[] = []
  #untaken = 0
  #taken = 0
  #needsDrain = false
  #onRoomy: (() => void)[] = []
  #onClosed: (() => void)[] = []
  #isClosed = false
  #isDead = false
  isEnded = false
  isDestroyed = false
  /** The piece taken last ended inside a character. */
  splitsCharacter = false

  /** @param onWork told when there is something to take, or it has ended */
  constructor(weight: number, onWork: () => void) {
    this.#weight = weight
    this.#onWork = onWork
  }

  get pendingBytes(): number {
    return this.#untaken * this.#weight
  }

  get takenBytes(): number {
    return this.#taken * this.#weight
  }

  get isClosed(): boolean {
    return this.#isClosed || this.isEnded || this.isDestroyed
  }

  get hasMore(): boolean {
    return this.#pieces.length > 0
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed || this.#isDead || bytes.byteLength === 0) return
    this.#pieces.push(bytes)
    this.#untaken += bytes.byteLength
    this.#needsDrain ||= this.pendingBytes >= highWaterBytes
    this.#onWork()
  }

  onceRoomy(callback: () => void): void {
    if (this.isClosed || !this.#needsDrain) queueMicrotask(callback)
    else this.#onRoomy.push(callback)
  }

  onceClosed(callback: () => void): void {
    if (this.#isClosed) queueMicrotask(callback)
    else this.#onClosed.push(callback)
  }

  end(): void {
    this.isEnded = true
    this.#onWork()
    if (!this.hasMore) this.#close()
  }

  destroy(): void {
    this.isDestroyed = true
    this.#close()
    this.#onWork()
  }

  /** The connection takes up to so many bytes. */
  take(most: number): Uint8Array {
    const [first] = this.#pieces
    if (first === undefined) return new Uint8Array()
    const bytes = first.subarray(0, most)
    const rest = first.subarray(bytes.byteLength)
    if (rest.byteLength > 0) this.#pieces[0] = rest
    else this.#pieces.shift()
    this.splitsCharacter = ((rest[0] ?? 0) & 0xc0) === 0x80
    this.#untaken -= bytes.byteLength
    this.#taken += bytes.byteLength
    if (this.#untaken === 0) this.#drained()
    return bytes
  }

  /** The client has gone, and this side learns of it. */
  closedByPeer(): void {
    this.#isClosed = true
    this.#close()
  }

  /** The process is gone: nobody is called any more. */
  die(): void {
    this.#isDead = true
    this.#onRoomy = []
    this.#onClosed = []
  }

  #drained(): void {
    this.#needsDrain = false
    if (this.isEnded) this.#close()
    else for (const callback of this.#onRoomy.splice(0)) callback()
  }

  #close(): void {
    this.#isClosed = true
    for (const callback of [...this.#onRoomy.splice(0), ...this.#onClosed.splice(0)]) if (!this.#isDead) callback()
  }
}
