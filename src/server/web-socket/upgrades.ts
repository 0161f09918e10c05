/**
 * Streams over WebSockets: an upgrade of the address of the feed, judged and answered like any other request.
 *
 *   upgrade → gate, route, reply ──a stream──▶ 101, and the reply's messages as text messages
 *                               └─anything else──▶ that reply over HTTP, and the connection is closed
 *
 * Clients say nothing: what they want stands in the address, and all else is a request of its own. One that says something is let go.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import type { Clock, Timer } from '../../base/clock.ts'
import { HoldfastError } from '../../base/error.ts'
import { heartbeatMs, missedHeartbeats } from '../../protocol/limits.ts'
import { webSocketProtocol } from '../../protocol/web-socket.ts'
import { endedEarly, goneWith } from '../node-adapter.ts'
import { headFromNode } from '../gate/request-head.ts'
import type { Asked } from '../handler.ts'
import { discard, errorReply, type Reply } from '../reply.ts'
import { endWithin, graceMs, type Sink } from '../sink.ts'
import { totalBytes } from '../snapshot-bytes.ts'
import { WritableSink } from '../writable-sink.ts'
import { withOfferedToken } from './offered-token.ts'
import { SharedFrames } from './frames.ts'
import { WebSocketSink } from './web-socket-sink.ts'
import type { WebSocketAcceptor, WebSocketConnection, WebSocketServerClass } from './web-socket-class.ts'

/** Bytes of a message from a client, at most; none is expected. */
const maxPayload = 4096

/** Why a connection ends, in the protocol's numbers. */
const saidSomething = 1008

export interface UpgradesParts {
  /** Undefined where there are no WebSockets. */
  readonly WebSocketServer: WebSocketServerClass | undefined
  readonly answer: (asked: Asked) => Promise<Reply>
  readonly clock: Clock
  /** Where the routes are. */
  readonly base: string
}

/** What a listener of `upgrade` is given. */
interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

type Listener = (this: WebSocketConnection) => void

export class Upgrades {
  readonly #parts: UpgradesParts
  readonly #acceptor: WebSocketAcceptor | undefined
  readonly #frames = new SharedFrames()
  readonly #sinks = new Map<WebSocketConnection, WebSocketSink>()
  /** Rounds of pings so far. */
  #rounds = 0
  #nextRound: Timer | undefined
  /** Listeners that are one for all connections: a connection may be open for days, and each of its own would keep what it was made beside. */
  readonly #onHeard: Listener
  readonly #onClosed: Listener

  constructor(parts: UpgradesParts) {
    this.#parts = parts
    const { WebSocketServer } = parts
    const handleProtocols = (offered: Set<string>): string | false => (offered.has(webSocketProtocol) ? webSocketProtocol : false)
    this.#acceptor =
      WebSocketServer &&
      new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload, handleProtocols })
    const sinks = this.#sinks
    const hear = (connection: WebSocketConnection): void => {
      const sink = sinks.get(connection)
      if (sink !== undefined) sink.heardIn = this.#rounds
    }
    this.#onHeard = function heard() {
      hear(this)
    }
    this.#onClosed = function forget() {
      sinks.get(this)?.gone()
      sinks.delete(this)
    }
  }

  /** Takes over what `node:http` hands to a listener of `upgrade`, if it is of an address below the mount. Never rejects. */
  async take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Others listen for theirs.
    if (request.url?.startsWith(`${this.#parts.base}/`) !== true) return
    // A broken connection is closed; that is all there is to do about it, also once it was refused.
    socket.on('error', ignore)
    const { answer, clock } = this.#parts
    const reply = await answer({
      head: withOfferedToken(headFromNode(request)),
      body: () => Promise.reject(endedEarly()),
      get gone() {
        return goneWith(socket)
      },
    })
    if (socket.destroyed) return discard(reply)
    const { body } = reply
    if (typeof body === 'function' && this.#acceptor !== undefined && isWebSocket(request))
      return this.#accept(this.#acceptor, { request, socket, head }, body)
    discard(reply)
    sendOverHttp(socket, Array.isArray(body) ? reply : refusal(request.headers.upgrade ?? ''), clock)
  }

  #accept(acceptor: WebSocketAcceptor, { request, socket, head }: Upgrade, stream: (sink: Sink) => void): void {
    // It listens for errors itself, and each listener costs memory as long as the connection is open.
    socket.off('error', ignore)
    acceptor.handleUpgrade(request, socket, head, (connection) => {
      const sink = new WebSocketSink(connection, socket, { frames: this.#frames, round: this.#rounds })
      this.#listen(connection, sink)
      stream(sink)
    })
  }

  /** A connection whose other side has gone without a word takes what is sent for minutes; an answer to a ping it does not give. */
  #listen(connection: WebSocketConnection, sink: WebSocketSink): void {
    connection.on('error', ignore)
    connection.on('message', letGo)
    connection.on('pong', this.#onHeard)
    connection.on('close', this.#onClosed)
    this.#sinks.set(connection, sink)
    this.#planRound()
  }

  #planRound(): void {
    if (this.#nextRound !== undefined || this.#sinks.size === 0) return
    this.#nextRound = this.#parts.clock.after(
      heartbeatMs,
      () => {
        this.#nextRound = undefined
        this.#goRound()
        this.#planRound()
      },
      { background: true },
    )
  }

  #goRound(): void {
    this.#rounds += 1
    for (const [connection, { heardIn }] of this.#sinks) {
      if (this.#rounds - heardIn > missedHeartbeats) connection.terminate()
      else connection.ping()
    }
  }
}

/** Answers over HTTP what asked for more, and closes: also where the client does not, which nobody else would notice. */
function sendOverHttp(socket: Duplex, { status, headers, body }: Reply, clock: Clock): void {
  const pieces = body as readonly Uint8Array[]
  const length = totalBytes(pieces)
  const fields = Object.entries({ ...headers, 'content-length': String(length), connection: 'close' })
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...fields.map(([name, value]) => `${name}: ${value}`), '', '']
  const sink = WritableSink.over(socket)
  for (const piece of [Buffer.from(lines.join('\r\n')), ...pieces]) sink.write(piece)
  endWithin(sink, graceMs, clock)
}

function refusal(given: string): Reply {
  const asked = given.slice(0, 80)
  return errorReply(
    new HoldfastError('UPGRADE_UNSUPPORTED', `The server does not change to ${JSON.stringify(asked)} for this address.`, { asked }),
  )
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Clients have nothing to say. */
function letGo(this: WebSocketConnection): void {
  this.close(saidSomething)
}

function ignore(): void {}
