/** Reads frames of a server's text messages as a client does (RFC 6455, 5.2). */
export class FrameReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #rest = Buffer.alloc(0)
  #message: Uint8Array[] = []

  /** Messages that are whole with these bytes. */
  read(bytes: Uint8Array): string[] {
    const messages: string[] = []
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    for (;;) {
      const begin = this.#headLength()
      const length = begin === undefined ? Infinity : this.#payloadLength(begin)
      if (begin === undefined || this.#rest.length < begin + length) return messages
      this.#message.push(this.#rest.subarray(begin, begin + length))
      const isLast = ((this.#rest[0] ?? 0) & 0x80) !== 0
      this.#rest = this.#rest.subarray(begin + length)
      if (!isLast) continue
      messages.push(this.#decoder.decode(Buffer.concat(this.#message)))
      this.#message = []
    }
  }

  #headLength(): number | undefined {
    const short = this.#rest[1] ?? 0
    const length = short < 126 ? 2 : short === 126 ? 4 : 10
    return this.#rest.length < length ? undefined : length
  }

  #payloadLength(headLength: number): number {
    if (headLength === 2) return this.#rest[1] ?? 0
    return headLength === 4 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2))
  }
}
