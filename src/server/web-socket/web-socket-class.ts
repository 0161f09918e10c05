/**
 * What is needed of the package `ws`: its `WebSocketServer` is handed in, so that nobody has it who does not use it.
 *
 * From 8.23 on, which ends a connection that pings and never takes the answers; from 8.21 on a message has no more than so many pieces (rule Z22).
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** One connection. */
export interface WebSocketConnection {
  /** Ends after what was written; the number is the reason. */
  close(code: number): void
  /** Ends now. */
  terminate(): void
  ping(): void
  on(event: 'message' | 'pong' | 'close', listener: (this: WebSocketConnection) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What takes the connections over. */
export interface WebSocketAcceptor {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accepted: (connection: WebSocketConnection) => void): void
}

/** `WebSocketServer` of `ws`. */
export type WebSocketServerClass = new (options: {
  readonly noServer: true
  readonly clientTracking: false
  readonly perMessageDeflate: false
  readonly maxPayload: number
  readonly handleProtocols: (offered: Set<string>) => string | false
}) => WebSocketAcceptor
