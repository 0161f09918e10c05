/** A store that is served by all that carries a feed, and ways to follow it and to ask it by each. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { Socket as Connection } from 'node:net'
import { text as readAll } from 'node:stream/consumers'
import { join } from 'node:path'
import { Server } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished } from 'vitest'
import { WebSocket as ProgramSocket, WebSocketServer } from 'ws'
import { connect, type ConnectOptions, type Replica } from '../../src/client.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import type { Store } from '../../src/index.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { createHandlerAt } from '../../src/server/create-handler.ts'
import type { HandlerOfStore, HandlerOptions } from '../../src/server.ts'
import { attachSocketIo } from '../../src/socket-io.ts'
import { QuickClock } from '../network/quick-clock.ts'
import { actions, type everything } from './everything.ts'
import { freePort, readUntil } from './served.ts'

export const carriers = ['sse', 'websocket', 'long-poll', 'poll', 'socket.io by websocket', 'socket.io by polling'] as const
export type Carrier = (typeof carriers)[number]

export type EverythingReplica = Replica<typeof everything, typeof actions>

export interface Follower {
  readonly carrier: Carrier
  readonly replica: EverythingReplica
}

/** What came of a request for the feed. */
export interface Answer {
  readonly status: number
  /** Of the error that it is, or begins with. */
  readonly code: string | undefined
  /** It says that the cursor is of no use, and is no failure. */
  readonly isReset: boolean
}

type Options = Partial<ConnectOptions<typeof everything>>

export class Everywhere {
  readonly store: Store<typeof everything>
  readonly handler: HandlerOfStore
  readonly port: number
  /** The owner's. */
  readonly token: string
  readonly errors: unknown[] = []
  /** Those that are open. */
  readonly connections: Set<Connection> = new Set()
  readonly io: Server

  private constructor(
    store: Store<typeof everything>,
    port: number,
    { clock, ...options }: Partial<HandlerOptions<(typeof everything)['kinds']>> & { readonly clock: Clock },
  ) {
    this.store = store
    this.port = port
    const onError = (error: unknown): void => void this.errors.push(error)
    this.handler = createHandlerAt(clock, store, { actions, port, WebSocketServer, onError, ...options })
    this.token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
    const { handler } = this
    const server = createServer((request, response) => void handler.node(request, response))
    server.on('connection', (connection) => {
      this.connections.add(connection)
      connection.on('close', () => this.connections.delete(connection))
    })
    // Others' upgrades are Socket.IO's.
    server.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/state/') === true) void handler.upgrade(request, socket, head)
    })
    this.io = new Server(server, { maxHttpBufferSize: 1_000_000 })
    attachSocketIo(this.io, handler)
    server.listen(port, '127.0.0.1')
  }

  /** Serves until the test is over, or it is closed. */
  static async serve(
    store: Store<typeof everything>,
    {
      port,
      clock = systemClock,
      ...options
    }: Partial<HandlerOptions<(typeof everything)['kinds']>> & { readonly port?: number; readonly clock?: Clock } = {},
  ): Promise<Everywhere> {
    const place = new Everywhere(store, port ?? (await freePort()), { clock, ...options })
    await once(place.io.httpServer, 'listening')
    onTestFinished(() => place.close())
    return place
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const connection of this.connections) connection.destroy()
  }

  async close(): Promise<void> {
    this.handler.close()
    const closed = this.io.close()
    this.cut()
    await closed
  }

  /** A replica by a carrier, until the test is over. */
  follow(carrier: Carrier, options: Options = {}): Follower {
    const { token = this.token } = options
    const onError = (error: unknown): void => expect.fail(`${carrier} reported ${String(error)}`)
    const replica = connect<typeof everything, typeof actions>({
      url: `${this.url}/state`,
      onError,
      ...this.#wayOf(carrier, token),
      ...options,
      token,
    })
    onTestFinished(() => replica.close())
    return { carrier, replica }
  }

  /** One replica by each. */
  followAll(options: Options = {}): Follower[] {
    return carriers.map((carrier) => this.follow(carrier, options))
  }

  /** A connection of a client of Socket.IO that nobody here wrote. */
  dial(by: 'websocket' | 'polling', token = this.token): Socket {
    const extraHeaders = { authorization: `Bearer ${token}` }
    const waits = { reconnectionDelay: 10, reconnectionDelayMax: 100 }
    const socket = io(`${this.url}/holdfast`, { transports: [by], extraHeaders, forceNew: true, ...waits })
    onTestFinished(() => void socket.disconnect())
    return socket
  }

  /** Asks for the feed after a cursor, by hand. */
  ask(carrier: Carrier, after: string): Promise<Answer> {
    switch (carrier) {
      case 'sse':
        return this.#fetch(`feed?after=${after}`)
      case 'websocket':
        return this.#upgrade(after)
      case 'long-poll':
        return this.#fetch(`changes?after=${after}`)
      case 'poll':
        return this.#fetch(`changes?after=${after}&waitMs=0`)
      default:
        return this.#emit(carrier, after)
    }
  }

  #wayOf(carrier: Carrier, token: string): Options {
    // As a poll every 2 s, in less time.
    if (carrier === 'poll') return { transport: carrier, clock: new QuickClock(20) }
    if (carrier === 'sse' || carrier === 'websocket' || carrier === 'long-poll') return { transport: carrier }
    return { through: socketIo(this.dial(carrier === 'socket.io by polling' ? 'polling' : 'websocket', token)) }
  }

  async #fetch(address: string): Promise<Answer> {
    const response = await fetch(`${this.url}/state/${address}`, { headers: { authorization: `Bearer ${this.token}` } })
    const text = await readUntil(response, (sofar) => sofar.includes('\n\n'))
    return answerOf(response.status, text, response.headers.has('holdfast-reset') || undefined)
  }

  async #upgrade(after: string): Promise<Answer> {
    const address = `${this.url.replace('http', 'ws')}/state/feed?after=${after}`
    const socket = new ProgramSocket(address, ['holdfast.1', `bearer.${this.token}`])
    socket.on('error', () => undefined)
    const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
      const { statusCode = 0 } = response as IncomingMessage
      return answerOf(statusCode, await readAll(response as IncomingMessage))
    })
    const accepted = once(socket, 'message').then(([bytes]) => answerOf(200, String(bytes)))
    refused.catch(() => undefined)
    accepted.catch(() => undefined)
    const answer = await Promise.race([refused, accepted])
    socket.terminate()
    return answer
  }

  /** By a stream and by a poll, which say the same. */
  async #emit(carrier: Carrier, after: string): Promise<Answer> {
    const socket = this.dial(carrier === 'socket.io by polling' ? 'polling' : 'websocket')
    const said: unknown[][] = []
    socket.on('holdfast', (...words: unknown[]) => said.push(words))
    socket.emit('holdfast', 1, `changes?after=${after}`)
    socket.emit('holdfast', 2, `feed?after=${after}`)
    const find = (ids: readonly number[], type: string): unknown[] | undefined =>
      said.find(([id, word]) => ids.includes(id as number) && typeof word === type)
    const textOf = (...ids: number[]): string | undefined => find(ids, 'string')?.[1] as string | undefined
    await expect.poll(() => [textOf(1), textOf(0, 2)]).toEqual([expect.any(String), expect.any(String)])
    const [, status, headers] = find([1], 'number') ?? []
    const polled = answerOf(status as number, textOf(1) ?? '', 'holdfast-reset' in (headers as object))
    const streamed = answerOf(find([2], 'number')?.[1] as number, textOf(0, 2) ?? '')
    expect([after, polled]).toEqual([after, streamed])
    socket.disconnect()
    return streamed
  }
}

function answerOf(status: number, text: string, isReset: boolean | undefined = text.startsWith('event: reset')): Answer {
  return { status, code: /"code":"(\w+)"/.exec(text)?.[1], isReset }
}

/** What all handles have, whatever their kind is. */
export interface AnyHandle {
  entry(key?: string): unknown
  find(query: object): { readonly items: readonly { readonly id: string }[] }
  read(query: object): unknown
}

/** Everything that a replica holds, as one text. */
export function textHeld(replica: EverythingReplica): string {
  const of = (name: string): AnyHandle => Reflect.get(replica, name) as AnyHandle
  const records = (name: string): unknown =>
    of(name)
      .find({ limit: 1000 })
      .items.map(({ id }) => of(name).entry(id))
  return JSON.stringify([
    of('title').entry(),
    of('lines').read({ limit: 1000 }),
    of('motto').entry(),
    of('sayings').read({ limit: 1000 }),
    of('options').entry('theme'),
    of('options').entry('apiKey'),
    ...['notes', 'details', 'scans', 'reports', 'files', 'viewers'].map(records),
  ])
}
