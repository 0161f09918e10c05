/** The feed over a WebSocket: messages whose text is that of the stream of server-sent events. */
import { unreachable } from '../replica-error.ts'
import type { Wire } from './wire.ts'

/** What is needed of the class `WebSocket`. */
export type SocketClass = new (
  url: string,
  protocols: string[],
) => {
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: string }) => void) | null
  onerror: (() => void) | null
  onclose: (() => void) | null
  close(): void
}

export interface SocketWireOptions {
  /** Where the server is mounted, whole. */
  readonly url: string
  /** Offered beside the protocol, as headers cannot be set; without it the page's cookie speaks. */
  readonly token?: string | undefined
  /** The global one when undefined. */
  readonly WebSocket?: SocketClass | undefined
}

/** Of the answer there is no more to know than that it was accepted; why it was not, browsers do not tell. */
export function createSocketWire({ url, token, WebSocket: Socket }: SocketWireOptions): Wire {
  const protocols = token ? ['holdfast.1', `bearer.${token}`] : ['holdfast.1']
  return (address, { signal, onActivity, onOpen, onLine }) =>
    new Promise((_, reject) => {
      signal.throwIfAborted()
      const socket = new (Socket ?? (WebSocket as SocketClass))(`${url}/${address}`.replace(/^http/, 'ws'), protocols)
      socket.onopen = () => {
        onActivity()
        onOpen?.()
      }
      socket.onmessage = ({ data }) => {
        onActivity()
        try {
          data.split('\n').forEach(onLine)
        } catch (error) {
          socket.onmessage = null
          // What was thrown, whatever it is.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(error)
        }
      }
      socket.onerror = socket.onclose = () => reject(unreachable('it ended'))
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
        // Not each class stops telling at once.
        socket.onmessage = null
        socket.close()
      })
    })
}
