/** Messages of a stream as packets of Socket.IO (protocol 5), each made once for all who get the same bytes one after the other. */
import { socketEvent, streamId } from '../../protocol/socket-io.ts'
import { textFrame } from '../web-socket/frames.ts'
import type { SendOptions } from './socket-io-shapes.ts'

export interface Packet {
  readonly message: string
  readonly options: SendOptions
}

const decoder = new TextDecoder()

/** The packet of an event of a namespace. */
export function packetOf(namespace: string, args: readonly unknown[]): Packet {
  const place = namespace === '/' ? '' : `${namespace},`
  const message = `2${place}${JSON.stringify([socketEvent, ...args])}`
  // Engine.IO puts a 4 before a message.
  const frame = textFrame(Buffer.from(`4${message}`), { isFirst: true, isLast: true })
  return { message, options: { compress: false, wsPreEncodedFrame: [frame] } }
}

export class SharedPackets {
  readonly #namespace: string
  #bytes: Uint8Array | undefined
  #packet: Packet | undefined

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** Of whole messages. */
  of(bytes: Uint8Array): Packet {
    if (this.#packet === undefined || bytes !== this.#bytes) {
      this.#packet = packetOf(this.#namespace, [streamId, decoder.decode(bytes)])
      this.#bytes = bytes
    }
    return this.#packet
  }
}
