/** `attachSocketIo`: the network side of a store over a Socket.IO server that a program has anyway. */
import type { IncomingMessage } from 'node:http'
import { checkOptions, oneOf, type OptionRule } from '../../base/options.ts'
import { socketEvent } from '../../protocol/socket-io.ts'
import type { HandlerOfStore } from '../create-handler.ts'
import { Conversation } from './conversation.ts'
import { SharedPackets } from './packets.ts'
import type { IoServer, IoSocket } from './socket-io-shapes.ts'

/** Options of `attachSocketIo`. */
export interface SocketIoOptions {
  /** Default `/holdfast`. */
  readonly namespace?: string
  /**
   * What needs a token: every connection of the Socket.IO server, before anything is kept of it (default), or those of this namespace alone, where
   * others are open to anybody.
   */
  readonly guard?: 'connections' | 'namespace'
}

const namespaceRule: OptionRule = {
  expected: 'a name such as "/holdfast"',
  accepts: (given) => typeof given === 'string' && /^\/[\w/-]*$/.test(given),
}
const rules = { namespace: namespaceRule, guard: oneOf(['connections', 'namespace']) }

/**
 * Answers replicas over Socket.IO, with what the handler was given: token, sessions, grants, actions. Connections are judged by their handshake, as
 * requests are; the host of the Socket.IO server has to be the handler's.
 *
 * Socket.IO's own recovery of connections is not used: replicas resume from their cursor.
 *
 * @param io a `Server` of `socket.io`, attached to its HTTP server
 * @returns detaches it: connections of the namespace end, and no new ones are let in
 * @throws TypeError for an unknown option or a wrong one
 */
export function attachSocketIo(io: IoServer, handler: HandlerOfStore, options: SocketIoOptions = {}): () => void {
  checkOptions('attachSocketIo', options, rules)
  const { namespace = '/holdfast', guard = 'connections' } = options
  const detachGuard = guard === 'connections' ? guardConnections(io, handler) : ignore
  const place = io.of(namespace)
  const packets = new SharedPackets(namespace)
  let isDetached = false
  place.use(({ request }: IoSocket, next) => {
    // A connection by WebTransport has no request, nor one that the program took it from: nothing says who that is.
    const isKnown = !isDetached && request !== null && handler.visitorOf(request) !== undefined
    next(isKnown ? undefined : new Error('UNAUTHENTICATED'))
  })
  const sockets = new Set<IoSocket>()
  place.on('connection', (socket: IoSocket) => {
    sockets.add(socket)
    const handshake = socket.request as IncomingMessage
    const conversation = new Conversation({ socket, namespace, base: handler.base, handshake, packets, answer: handler.ask })
    socket.on(socketEvent, (...said) => conversation.take(said))
    socket.on('disconnect', () => {
      sockets.delete(socket)
      conversation.close()
    })
  })
  return () => {
    isDetached = true
    detachGuard()
    for (const socket of sockets) socket.disconnect(true)
  }
}

/** Judged before Engine.IO keeps anything of a connection (rule Z22); what the program itself asks of them comes after. */
function guardConnections({ engine: { opts } }: IoServer, handler: HandlerOfStore): () => void {
  const { allowRequest } = opts
  opts.allowRequest = (request, decide) => {
    if (handler.visitorOf(request) === undefined) decide('UNAUTHENTICATED', false)
    else if (allowRequest === undefined) decide(null, true)
    else allowRequest(request, decide)
  }
  return () => void (opts.allowRequest = allowRequest)
}

function ignore(): void {}
