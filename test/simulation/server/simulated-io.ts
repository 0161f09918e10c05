/** The server of Socket.IO that a program has, as far as `attachSocketIo` uses it. */
import type { IoNamespace, IoServer, IoSocket, SendOptions } from '../../../src/server/socket-io/socket-io-shapes.ts'
import { Emitter } from '../network/emitter.ts'

/** What a connection does for its socket on the server. */
export interface ServerSide {
  /** @param sent told when the connection has taken the packet */
  send(packet: string, sent: () => void): void
  /** Breaks it. */
  close(): void
  /** Ends it, and the client knows that the server wanted that. */
  disconnect(): void
}

export class SimulatedIo implements IoServer {
  readonly engine: IoServer['engine'] = { opts: {} }
  readonly #namespace = new Emitter()
  readonly #sockets = new Set<ServerSocket>()

  of(): IoNamespace {
    const namespace = this.#namespace
    return {
      use: () => undefined,
      on: (event, listener) => namespace.on(event, listener as (socket: unknown) => void),
      off: (event, listener) => namespace.off(event, listener as (socket: unknown) => void),
      sockets: new Map(),
    }
  }

  /** A client has connected. */
  accept(side: ServerSide): ServerSocket {
    const socket = new ServerSocket(side)
    this.#sockets.add(socket)
    socket.on('disconnect', () => this.#sockets.delete(socket))
    this.#namespace.tell('connection', socket)
    return socket
  }

  /** Ends every connection. */
  close(): void {
    for (const socket of [...this.#sockets]) socket.disconnect()
  }
}

export class ServerSocket extends Emitter implements IoSocket {
  readonly request: IoSocket['request'] = { method: 'GET', url: '/socket.io/', rawHeaders: [] } as unknown as IoSocket['request']
  readonly conn: IoSocket['conn']
  readonly #side: ServerSide
  connected = true

  constructor(side: ServerSide) {
    super()
    this.#side = side
    this.conn = {
      send: (packet: string, _options: SendOptions, sent: () => void) => side.send(packet, sent),
      close: () => side.close(),
      transport: { name: 'simulated' },
    }
  }

  emit(): void {
    throw new Error('Expected packets to be sent past the socket')
  }

  disconnect(): void {
    this.#side.disconnect()
  }

  /** The connection is over, and this side learns of it. */
  over(): void {
    if (!this.connected) return
    this.connected = false
    this.tell('disconnect', 'transport close')
  }
}
