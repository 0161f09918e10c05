/** The wire over a connection of Socket.IO, as `protocol/socket-io.ts` says. */
import { resetHeader } from '../../protocol/requests.ts'
import { socketEvent, streamId } from '../../protocol/socket-io.ts'
import { readError, ReplicaError, unreachable } from '../replica-error.ts'
import type { ReplicaSeams } from '../create-replica.ts'
import { type AnswerHeaders, transportHeader, type Wire, type WireOptions } from '../sync/wire.ts'

/** What is needed of a socket of `socket.io-client`. */
export interface ClientSocket {
  readonly connected: boolean
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  connect(): unknown
}

/** What the server says: an answer begins, goes on, ends. */
type Said = readonly [id: number, ...([status: number, headers: Headers] | [text: string] | [])]

interface Headers {
  readonly [name: string]: string
}

/** An answer on its way. */
class Exchange {
  readonly answer = Promise.withResolvers<AnswerHeaders>()
  readonly #options: WireOptions
  #headers: AnswerHeaders | undefined
  #status = 0
  /** What came of a line that is not whole; all of it, where it is the text of an error. */
  #rest = ''

  constructor(options: WireOptions) {
    this.#options = options
  }

  take(first: number | string | undefined, headers: Headers = {}): void {
    this.#options.onActivity()
    if (typeof first === 'number') this.#begin(first, headers)
    else if (typeof first === 'string') this.#goOn(first)
    else this.#finish()
  }

  get #isAnswer(): boolean {
    return this.#status >= 200 && this.#status < 300 && this.#headers?.get(resetHeader) === null
  }

  #begin(status: number, headers: Headers): void {
    const known: Headers = { ...headers, [transportHeader]: 'socket.io' }
    this.#headers = { get: (name) => known[name.toLowerCase()] ?? null }
    this.#status = status
    if (this.#isAnswer) this.#options.onOpen?.(this.#headers)
  }

  #goOn(text: string): void {
    this.#rest += text
    if (!this.#isAnswer) return
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() as string
    lines.forEach(this.#options.onLine)
  }

  #finish(): void {
    const facts = { status: this.#status, retryAfterMs: Number(this.#headers?.get('retry-after')) * 1000 || undefined }
    if (!this.#isAnswer || this.#headers === undefined)
      return this.answer.reject(this.#status === 401 ? signInNeeded() : readError(this.#rest, facts))
    this.#options.onLine(this.#rest)
    this.answer.resolve(this.#headers)
  }
}

/**
 * For the option `through` of `connect`: all that a replica asks goes over a connection of Socket.IO, in the namespace where the server was attached.
 *
 * `url` is asked nothing then, but for files. Have one replica for a connection, which opens it where it is not open.
 *
 * @param socket of `socket.io-client`: `io('/holdfast')`
 */
export function socketIo(socket: ClientSocket): (url: string, seams: ReplicaSeams) => ReplicaSeams {
  return (_url, seams) => {
    const wire = createSocketIoWire(socket)
    return { ...seams, wire, socket: wire }
  }
}

function createSocketIoWire(socket: ClientSocket): Wire {
  const exchanges = new Map<number, Exchange>()
  let last = 0
  /** The id of the stream that began last. */
  let stream = 0

  const fail = (id: number, error: unknown): void => exchanges.get(id)?.answer.reject(error)

  const onSaid = (...[named, first, headers]: Said): void => {
    if (typeof first === 'number' && headers?.['content-type']?.startsWith('text/event-stream')) stream = named
    const id = named === streamId ? stream : named
    try {
      exchanges.get(id)?.take(first, headers)
    } catch (error) {
      // Somebody here throws at what it is told; the server need not go on.
      fail(id, error)
      socket.emit(socketEvent, id)
    }
  }
  const onLost = (): void => {
    for (const id of exchanges.keys()) fail(id, unreachable('the connection of Socket.IO ended'))
  }
  socket.on(socketEvent, onSaid as never)
  socket.on('disconnect', onLost)

  return async (address, options, body) => {
    const { signal } = options
    signal.throwIfAborted()
    const id = (last += 1)
    const exchange = new Exchange(options)
    exchanges.set(id, exchange)
    const ask = (): unknown => socket.emit(socketEvent, id, address, ...(body === undefined ? [] : [body]))
    const onRefused = (error: ConnectError): void => fail(id, toRefusal(error))
    const onAbort = (): void => {
      if (socket.connected) socket.emit(socketEvent, id)
      fail(id, signal.reason)
    }
    signal.addEventListener('abort', onAbort)
    // What is emitted without a connection Socket.IO would keep, and send although nobody waits for it any more.
    if (socket.connected) ask()
    else socket.on('connect', ask)
    socket.on('connect_error', onRefused as never)
    if (!socket.connected) socket.connect()
    try {
      return await exchange.answer.promise
    } finally {
      exchanges.delete(id)
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', ask)
      socket.off('connect_error', onRefused as never)
    }
  }
}

/** Why there is no connection: what a namespace says, or what came of its handshake. */
interface ConnectError {
  readonly message: string
  /** The status of a handshake over HTTP. */
  readonly description?: unknown
}

function toRefusal({ message, description }: ConnectError): ReplicaError {
  const isRefused = message === 'UNAUTHENTICATED' || description === 403
  return isRefused ? signInNeeded() : unreachable(`Socket.IO says ${JSON.stringify(message)}`)
}

function signInNeeded(): ReplicaError {
  return new ReplicaError('SIGN_IN_NEEDED', 'The server does not know you. Sign in, then retry().', {}, { status: 401 })
}
