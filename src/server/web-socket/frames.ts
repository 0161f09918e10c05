/** Messages from a server as frames of the WebSocket protocol (RFC 6455, 5.2): never masked, never compressed. */

const text = 0x1
const continuation = 0x0
const final = 0x80
/** Lengths that say that the real one follows, in 2 bytes or in 8. */
const inTwo = 126
const inEight = 127

/** Which part of a text message a frame carries. */
export interface FramePart {
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** A frame of a text message; the payload is UTF-8, whole over all frames of the message. */
export function textFrame(payload: Uint8Array, { isFirst, isLast }: FramePart): Buffer {
  const { byteLength } = payload
  const lengthBytes = byteLength < inTwo ? 0 : byteLength < 0x1_0000 ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + lengthBytes + byteLength)
  frame[0] = (isLast ? final : 0) | (isFirst ? text : continuation)
  if (lengthBytes === 0) frame[1] = byteLength
  else if (lengthBytes === 2) {
    frame[1] = inTwo
    frame.writeUInt16BE(byteLength, 2)
  } else {
    frame[1] = inEight
    frame.writeBigUInt64BE(BigInt(byteLength), 2)
  }
  frame.set(payload, 2 + lengthBytes)
  return frame
}

/** Frames of whole messages, each made once for all who get the same bytes one after the other. */
export class SharedFrames {
  #payload: Uint8Array | undefined
  #frame: Buffer = Buffer.alloc(0)

  of(payload: Uint8Array): Buffer {
    if (payload !== this.#payload) {
      this.#payload = payload
      this.#frame = textFrame(payload, { isFirst: true, isLast: true })
    }
    return this.#frame
  }
}
