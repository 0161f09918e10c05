/** The bare server beside Holdfast's: `node:http` and nothing else. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Streams to whoever asks, each message written to each client by itself. */
export class BareServer {
  readonly #server: Server
  readonly #clients = new Set<ServerResponse>()

  private constructor(onRequest: (response: ServerResponse, clients: Set<ServerResponse>) => void) {
    this.#server = createServer((_request, response) => onRequest(response, this.#clients))
  }

  /** A server whose replies stay open. */
  static async streaming(): Promise<BareServer> {
    return await new BareServer((response, clients) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.flushHeaders()
      clients.add(response)
      response.once('close', () => clients.delete(response))
    }).#listen()
  }

  /** A server that answers with these bytes, piece by piece as the client takes them. */
  static async sending(pieces: readonly Uint8Array[]): Promise<BareServer> {
    const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return await new BareServer((response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-length': length, connection: 'close' })
      void sendAll(response, pieces)
    }).#listen()
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#clients.size
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  broadcast(message: string): void {
    for (const client of this.#clients) client.write(message)
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }
}

async function sendAll(response: ServerResponse, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) if (!response.write(piece)) await once(response, 'drain')
  response.end()
}
