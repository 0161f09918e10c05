/**
 * What one connection asks, and what it is answered: requests like those of HTTP, each judged by the gate with what the handshake showed.
 *
 * A session that is over since, or a grant that is another, holds here at the next request as it does there.
 */
import type { IncomingMessage } from 'node:http'
import { HoldfastError } from '../../base/error.ts'
import { bodyBytes } from '../../protocol/limits.ts'
import { requestHeader } from '../../protocol/requests.ts'
import { headFromNode, type RequestHead } from '../gate/request-head.ts'
import type { Asked } from '../handler.ts'
import { tooLarge } from '../node-adapter.ts'
import { discard, errorReply, isStream, type Reply } from '../reply.ts'
import { writeAll } from '../sink.ts'
import { IoSink } from './io-sink.ts'
import { packetOf, type SharedPackets } from './packets.ts'
import type { IoSocket } from './socket-io-shapes.ts'

export interface ConversationParts {
  readonly socket: IoSocket
  readonly namespace: string
  /** Where the routes of HTTP are. */
  readonly base: string
  /** Its headers are read anew for each request: Socket.IO keeps it, and a connection that idles holds them once. */
  readonly handshake: IncomingMessage
  readonly packets: SharedPackets
  readonly answer: (asked: Asked) => Promise<Reply>
}

/** Requests open at once, at most. */
const mostAsked = 64

/** Of an address, in characters. */
const longestAddress = 32 * 1024

/** What of a handshake says who asks; nothing else of it holds for what is asked later. */
const kept: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'cookie', 'sec-fetch-site'])

interface Open {
  readonly gone: AbortController
  sink: IoSink | undefined
}

export class Conversation {
  readonly #parts: ConversationParts
  readonly #open = new Map<number, Open>()
  /** The id of the stream that is open. */
  #stream: number | undefined
  #last = 0

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  /** Takes the arguments of an event. A client that says what no client of ours says is let go. */
  take([id, address, body]: readonly unknown[]): void {
    if (!Number.isSafeInteger(id)) return this.#letGo()
    if (address === undefined) return this.#end(id as number)
    const isRight =
      typeof address === 'string' && address.length <= longestAddress && (id as number) > this.#last && this.#open.size < mostAsked
    if (!isRight) return this.#letGo()
    this.#last = id as number
    void this.#ask(id as number, address, body)
  }

  /** The client has gone. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.#end(id)
  }

  #letGo(): void {
    this.#parts.socket.disconnect(true)
  }

  /** Its place is free again once nothing of its answer waits to be taken: a client that asks and does not read has no more than its share. */
  #end(id: number): void {
    const open = this.#open.get(id)
    open?.gone.abort()
    open?.sink?.leave()
  }

  async #ask(id: number, address: string, body: unknown): Promise<void> {
    const gone = new AbortController()
    const open: Open = { gone, sink: undefined }
    this.#open.set(id, open)
    const reply = await this.#parts.answer({ head: this.#headOf(address, body), body: (most) => toBytes(body, most), gone: gone.signal })
    if (!gone.signal.aborted) return this.#send(id, open, reply)
    this.#open.delete(id)
    discard(reply)
  }

  #send(id: number, open: Open, reply: Reply): void {
    const { body } = reply
    if (isStream(body)) {
      discard(reply)
      return this.#send(id, open, errorReply(bytesRefused()))
    }
    const { socket, namespace, packets } = this.#parts
    const isFeed = typeof body === 'function'
    const sink = new IoSink({ socket, namespace, packets, id, isStream: isFeed, onEnd: () => this.#open.delete(id) })
    open.sink = sink
    if (isFeed && this.#stream !== undefined) this.#end(this.#stream)
    const { message, options } = packetOf(namespace, [id, reply.status, shownHeaders(reply)])
    socket.conn.send(message, options, ignore)
    if (isFeed) {
      this.#stream = id
      body(sink)
    } else void writeAll(sink, body).then((isWhole) => isWhole && sink.end())
  }

  #headOf(address: string, body: unknown): RequestHead {
    const { handshake, base } = this.#parts
    const { headers } = headFromNode(handshake)
    const isCall = body !== undefined
    // A page of another site can make a browser send a request, but has no connection of this one.
    const own = new Map(isCall ? [['content-type', 'application/json'] as const, [requestHeader, '1'] as const] : [])
    const all = (name: string): readonly string[] => {
      const value = own.get(name as typeof requestHeader)
      if (value !== undefined) return [value]
      return kept.has(name) ? headers.all(name) : []
    }
    return { method: isCall ? 'POST' : 'GET', target: `${base}/${address}`, headers: { all, get: (name) => all(name)[0] } }
  }
}

async function toBytes(body: unknown, most: number): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(body) ?? '')
  if (bytes.byteLength > Math.min(most, bodyBytes)) throw tooLarge(bytes.byteLength, most)
  return bytes
}

/** What a replica looks at. */
function shownHeaders({ headers }: Reply): { readonly [name: string]: string } {
  const names = ['content-type', 'holdfast-cursor', 'holdfast-reset', 'retry-after', 'etag']
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))
}

function bytesRefused(): HoldfastError<'REQUEST_INVALID'> {
  const reason = 'files are fetched over HTTP'
  return new HoldfastError('REQUEST_INVALID', `The request cannot be answered: ${reason}.`, { reason })
}

function ignore(): void {}
