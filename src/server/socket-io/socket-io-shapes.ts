/** What is needed of the package `socket.io`, from 4.8 on: its server is handed in, so that nobody has it who does not use it. */
import type { IncomingMessage } from 'node:http'

/** The connection below a socket, of Engine.IO. */
export interface EngineSocket {
  /** @param sent called once the message was handed to the system, or to a client that polls */
  send(message: string, options: SendOptions, sent: () => void): unknown
  close(): unknown
}

/** `wsPreEncodedFrame` is what it sends over a WebSocket, where that is made already. */
export interface SendOptions {
  readonly compress: false
  readonly wsPreEncodedFrame?: readonly Buffer[]
}

export interface IoSocket {
  /** Of the handshake; `null` where there was none, or the program let go of it. */
  readonly request: IncomingMessage | null
  readonly conn: EngineSocket
  readonly connected: boolean
  on(event: string, listener: (...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  disconnect(close: boolean): unknown
}

export interface IoNamespace {
  use(middleware: (socket: IoSocket, next: (error?: Error) => void) => void): unknown
  on(event: 'connection', listener: (socket: IoSocket) => void): unknown
  off(event: 'connection', listener: (socket: IoSocket) => void): unknown
  readonly sockets: ReadonlyMap<string, unknown>
}

type AllowRequest = (request: IncomingMessage, decide: (reason: string | null | undefined, isAllowed: boolean) => void) => void

/** `Server` of `socket.io`. */
export interface IoServer {
  of(namespace: string): IoNamespace
  readonly engine: { readonly opts: { allowRequest?: AllowRequest | undefined } }
}
