/** The bare servers beside Holdfast's: `ws` and `socket.io`, and nothing else. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'

/** Sends each message to all who are connected, as its library has it done. */
export interface BareBroadcaster {
  readonly port: number
  /** Clients that are connected. */
  readonly streams: number
  broadcast(message: string): void
}

export async function startBareWebSockets(): Promise<BareBroadcaster> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get streams() {
      return server.clients.size
    },
    broadcast(message) {
      for (const client of server.clients) client.send(message)
    },
  }
}

export async function startBareSocketIo(): Promise<BareBroadcaster> {
  const http = createServer()
  const server = new Server(http, ioOptions)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    get streams() {
      return server.of('/').sockets.size
    },
    broadcast: (message) => void server.emit('holdfast', message),
  }
}

/** Clients of a swarm answer no pings. */
export const ioOptions = { pingInterval: 600_000, pingTimeout: 600_000 } as const
