/** Clients of the feed that speak by hand, and hold nothing but the text they were sent. */
import { onTestFinished } from 'vitest'
import { WebSocket as ProgramSocket } from 'ws'
import type { Carrier, Everywhere } from './everywhere.ts'

/** Carriers that a stream stays open on. */
export const streams = ['sse', 'websocket', 'socket.io by websocket', 'socket.io by polling'] as const satisfies readonly Carrier[]
export type Stream = (typeof streams)[number]

export class ByHand {
  text = ''
  #tell = (): void => undefined
  #close = (): void => undefined

  /** Asks for the feed until the test is over, or it is closed. */
  static follow(place: Everywhere, stream: Stream, token = place.token): ByHand {
    const client = new ByHand()
    client.#close = begin[stream](place, token, (text) => {
      client.text += text
      client.#tell()
    })
    onTestFinished(() => client.close())
    return client
  }

  /** Resolves with all that came, once that is enough; asked by one at a time. */
  async until(isEnough: (text: string) => boolean): Promise<string> {
    while (!isEnough(this.text)) await new Promise<void>((resolve) => (this.#tell = resolve))
    return this.text
  }

  close(): void {
    this.#close()
  }
}

type Where = Pick<Everywhere, 'url' | 'dial'>
type Begin = (where: Where, token: string, hear: (text: string) => void) => () => void

const bySocketIo =
  (transport: 'websocket' | 'polling'): Begin =>
  (place, token, hear) => {
    const socket = place.dial(transport, token)
    socket.on('holdfast', (_id, text) => typeof text === 'string' && hear(text))
    socket.emit('holdfast', 1, 'feed')
    return () => void socket.disconnect()
  }

const begin: { readonly [Name in Stream]: Begin } = {
  sse({ url }, token, hear) {
    const leaving = new AbortController()
    const read = async (): Promise<void> => {
      const headers = { authorization: `Bearer ${token}` }
      const { body } = await fetch(`${url}/state/feed`, { headers, signal: leaving.signal })
      const decoder = new TextDecoder()
      for await (const piece of body ?? []) hear(decoder.decode(piece as Uint8Array, { stream: true }))
    }
    // It ends when it is left.
    read().catch(() => undefined)
    return () => leaving.abort()
  },
  websocket({ url }, token, hear) {
    const socket = new ProgramSocket(`${url.replace('http', 'ws')}/state/feed`, ['holdfast.1', `bearer.${token}`])
    socket.on('error', () => undefined)
    socket.on('message', (bytes: Buffer) => hear(bytes.toString()))
    return () => socket.terminate()
  },
  'socket.io by websocket': bySocketIo('websocket'),
  'socket.io by polling': bySocketIo('polling'),
}
