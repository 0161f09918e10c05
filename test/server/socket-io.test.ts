import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../src/client.ts'
import type { Replica } from '../../src/client/replica.ts'
import { socketIo } from '../../src/client-socket-io.ts'
import { createHandler, type HandlerOfStore, type HandlerOptions, serve } from '../../src/server.ts'
import { attachSocketIo, type SocketIoOptions } from '../../src/socket-io.ts'
import { openState } from '../support/open-state.ts'
import { host, openSample, type sample, type Sample } from '../support/sample-state.ts'
import { askFor, byHand } from './unread-by-hand.ts'
import { everything } from './everything.ts'
import { Everywhere } from './everywhere.ts'
import { addHost, freePort } from './served.ts'
import { serveClub } from './served-club.ts'

const actions = { addHost }
type SampleReplica = Replica<typeof sample, typeof actions>

interface Place {
  readonly store: Sample
  readonly handler: HandlerOfStore
  readonly io: Server
  readonly url: string
  readonly token: string
  readonly errors: unknown[]
  readonly detach: () => void
}

async function serveOverIo(options: SocketIoOptions = {}, handlerOptions: Partial<HandlerOptions> = {}): Promise<Place> {
  const store = await openSample()
  const errors: unknown[] = []
  let port = 0
  const handler = createHandler(store, { actions, port: () => port, onError: (error) => errors.push(error), ...handlerOptions })
  const server = createServer((request, response) => void handler.node(request, response))
  const ioServer = new Server(server, { maxHttpBufferSize: 1_000_000 })
  const detach = attachSocketIo(ioServer, handler, options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  onTestFinished(async () => {
    handler.close()
    await ioServer.close()
  })
  return {
    store,
    handler,
    io: ioServer,
    url: `http://127.0.0.1:${port}`,
    token: readFileSync(join(store.directory, 'token'), 'utf8').trim(),
    errors,
    detach,
  }
}

const carriers = ['websocket', 'polling'] as const

function dial(
  { url, token }: Pick<Place, 'url' | 'token'>,
  carrier: (typeof carriers)[number] = 'websocket',
  namespace = '/holdfast',
): Socket {
  const extraHeaders: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
  const socket = io(`${url}${namespace}`, { transports: [carrier], extraHeaders, forceNew: true, reconnectionDelay: 10 })
  onTestFinished(() => void socket.disconnect())
  return socket
}

function replicate(socket: Socket, url = 'http://127.0.0.1:9/state'): SampleReplica {
  const onError = (error: unknown): void => expect.fail(String(error))
  const replica = connect<typeof sample, typeof actions>({ url, through: socketIo(socket), onError })
  onTestFinished(() => replica.close())
  return replica
}

test.each(carriers)('[H2] a replica over Socket.IO by %s hydrates, follows, reads, calls, is cut and resumes', async (carrier) => {
  const place = await serveOverIo()
  const { store, handler, io: ioServer } = place
  await store.commit((tx) => ['a', 'b', 'ü'].forEach((key) => tx.hosts.put(host(key))))
  const replica = replicate(dial(place, carrier))
  await replica.ready
  expect(replica.hosts.find().items).toEqual(store.hosts.find().items)
  await store.commit((tx) => tx.title.set('a title'.repeat(100_000)))
  await replica.settled(store.cursor)
  expect(replica.title.get()).toBe(store.title.get())
  expect(await replica.call('addHost', { address: 'c' })).toBe(4)
  expect(replica.hosts.get('c')).toEqual(host('c'))
  await expect(replica.call('addHost', { address: 7 } as never)).rejects.toMatchObject({ code: 'SCHEMA_REJECTED' })
  expect((await replica.hosts.page({ limit: 2 })).items).toHaveLength(2)
  ioServer.of('/holdfast').disconnectSockets(true)
  await store.commit((tx) => tx.hosts.put(host('while it was away')))
  await replica.settled(store.cursor)
  expect(replica.hosts.get('while it was away')).toBeDefined()
  expect(replica.status).toMatchObject({ state: 'live', transport: 'socket.io' })
  replica.close()
  await expect.poll(() => handler.streams).toBe(0)
})

test('[H2] [Z6] a server of its own lets a Socket.IO server listen beside its WebSockets, and ends what is of neither', async () => {
  const store = await openSample()
  const server = await serve(store, { actions, port: await freePort(), WebSocketServer })
  const goNowhere = (): Promise<unknown> => once(new WebSocket(`${server.url.replace('http', 'ws')}/elsewhere`), 'open')
  await expect(goNowhere()).rejects.toThrow()
  const ioServer = new Server(server.http)
  attachSocketIo(ioServer, server.handler)
  onTestFinished(async () => {
    await ioServer.close()
    await server.close()
  })
  const place = { url: server.url, token: readFileSync(join(store.directory, 'token'), 'utf8').trim() }
  const byIo = replicate(dial(place))
  const options = { url: `${server.url}/state`, token: place.token, transport: 'websocket', WebSocket: WebSocket as never } as const
  const byWebSocket = connect<typeof sample, typeof actions>(options)
  onTestFinished(() => byWebSocket.close())
  await Promise.all([byIo.ready, byWebSocket.ready])
  await byIo.call('addHost', { address: 'a' })
  for (const replica of [byIo, byWebSocket]) {
    await replica.settled(store.cursor)
    expect(replica.hosts.get('a')).toEqual(host('a'))
  }
  expect([byIo.status.transport, byWebSocket.status.transport]).toEqual(['socket.io', 'websocket'])
  await expect(goNowhere()).rejects.toThrow()
})

test('[F3] many followers of the same get the same packets, each commit once', async () => {
  const place = await serveOverIo()
  const { store } = place
  const replicas = Array.from({ length: 20 }, (_, at) => replicate(dial(place, carriers[at % 2])))
  await Promise.all(replicas.map(({ ready }) => ready))
  const seen = replicas.map((replica) => {
    const revisions: number[] = []
    replica.subscribe((commit) => commit !== undefined && revisions.push(commit.revision))
    return revisions
  })
  await Promise.all(Array.from({ length: 200 }, (_, n) => store.commit((tx) => tx.counter.set(n))))
  await Promise.all(replicas.map((replica) => replica.settled(store.cursor)))
  for (const [at, replica] of replicas.entries()) {
    expect(replica.counter.get()).toBe(199)
    expect(seen[at]).toEqual([...new Set(seen[at])])
    expect(seen[at]?.at(-1)).toBe(200)
  }
})

test.each(carriers)(
  '[Z1] [Z6] [Z22] nobody without a token is let in by %s, neither to a handshake nor to a namespace',
  async (carrier) => {
    const place = await serveOverIo()
    for (const token of ['', 'A'.repeat(43)]) {
      const replica = replicate(dial({ ...place, token }, carrier))
      const refused = new Promise<string>((resolve) => replica.onStatus(({ state }) => resolve(state)))
      expect(await refused).toBe(carrier === 'polling' ? 'refused' : 'offline')
    }
    const foreign = io(`${place.url}/holdfast`, {
      transports: [carrier],
      forceNew: true,
      reconnection: false,
      extraHeaders: { authorization: `Bearer ${place.token}`, origin: 'http://evil.example' },
    })
    onTestFinished(() => void foreign.disconnect())
    await once(foreign as never, 'connect_error')
    expect(place.io.engine.clientsCount).toBe(0)

    const open = await serveOverIo({ guard: 'namespace', namespace: '/state' })
    const visitor = dial({ ...open, token: '' }, carrier, '/')
    await once(visitor as never, 'connect')
    const replica = replicate(dial({ ...open, token: '' }, carrier, '/state'))
    expect(await new Promise((resolve) => replica.onStatus(({ state }) => resolve(state)))).toBe('refused')
  },
)

test('[Z22] [Z23] a client that says what no client says is let go, and nobody else notices', async () => {
  const place = await serveOverIo()
  const { store, errors } = place
  const calm = replicate(dial(place))
  await calm.ready
  for (const said of [
    [],
    ['1'],
    [1.5, 'snapshot'],
    [0, 'snapshot'],
    [-1, 'snapshot'],
    [1, 7],
    [1, null],
    [1, 'x'.repeat(40_000)],
    [{ toString: 'x' }, 'snapshot'],
  ]) {
    const socket = dial(place)
    await once(socket as never, 'connect')
    const left = once(socket as never, 'disconnect')
    socket.emit('holdfast', ...said)
    await left
    socket.disconnect()
  }
  const many = dial(place)
  await once(many as never, 'connect')
  const left = once(many as never, 'disconnect')
  for (let id = 1; id <= 65; id += 1) many.emit('holdfast', id, `changes?after=${store.cursor}`)
  await left
  many.disconnect()
  const answers: unknown[][] = []
  const polite = dial(place)
  polite.on('holdfast', (...said: unknown[]) => answers.push(said))
  polite.emit('holdfast', 1, '../../etc/passwd')
  polite.emit('holdfast', 2, 'nothing')
  polite.emit('holdfast', 3, 'call/addHost', { id: 'x', input: { address: 'x'.repeat(1_100_000 - 200_000) } })
  polite.emit('holdfast', 4, 'feed?after=nonsense')
  polite.emit('holdfast', 5, 'sign-in', { code: 'x' })
  await expect.poll(() => answers.filter(({ length }) => length === 1).length).toBe(5)
  const statusOf = (id: number): unknown => answers.find(([of, status]) => of === id && typeof status === 'number')?.[1]
  expect([1, 2, 4, 5].map(statusOf)).toEqual([404, 404, 400, 401])
  await store.commit((tx) => tx.title.set('calm'))
  await calm.settled(store.cursor)
  expect([calm.title.get(), calm.status.state, errors]).toEqual(['calm', 'live', []])
})

test('[Z23] a client that asks and does not read is let go before its answers pile up', async () => {
  const { store, url, token, io: ioServer } = await serveOverIo()
  await store.commit((tx) => tx.title.set('x'.repeat(200_000)))
  const client = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
    headers: { authorization: `Bearer ${token}` },
  })
  onTestFinished(() => client.terminate())
  await once(client, 'open')
  client.send('40/holdfast,')
  await expect.poll(() => ioServer.of('/holdfast').sockets.size).toBe(1)
  client.pause()
  for (let id = 1; id <= 300; id += 1) {
    client.send(`42/holdfast,${JSON.stringify(['holdfast', id, 'detail?kind=title'])}`)
    // Nor does it help to say that an answer is wanted no more.
    if (id > 1) client.send(`42/holdfast,${JSON.stringify(['holdfast', id - 1])}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => ioServer.of('/holdfast').sockets.size).toBe(0)
})

test.each(['connections', 'namespace'] as const)(
  '[Z22] a connection that shows no request is refused, by the guard of %s, and ends nothing else',
  async (guard) => {
    const place = await serveOverIo({ guard })
    place.io.engine.on('connection', (raw: { request: unknown }) => (raw.request = null))
    expect((await once(dial(place) as never, 'connect_error'))[0]).toMatchObject({ message: 'UNAUTHENTICATED' })
  },
)

test('[Z22] a handshake after the store was closed is refused, and ends nothing else', async () => {
  const { store, server } = await serveClub()
  const ioServer = new Server(server.http)
  onTestFinished(() => ioServer.close())
  attachSocketIo(ioServer, server.handler)
  await store.close()
  const [error] = await once(dial({ url: server.url, token: 'A'.repeat(43) }, 'polling') as never, 'connect_error')
  expect((error as { context?: { status?: number } }).context?.status).toBe(403)
})

test('[X52] detaching ends what is there and lets nobody else in', async () => {
  const place = await serveOverIo()
  const socket = dial(place)
  const replica = replicate(socket)
  await replica.ready
  const left = once(socket as never, 'disconnect')
  place.detach()
  await left
  await expect.poll(() => place.handler.streams).toBe(0)
  expect((await once(dial(place) as never, 'connect_error'))[0]).toMatchObject({ message: 'UNAUTHENTICATED' })
})

test('[Z19] what nests too deep to be an input is refused by either carrier as over HTTP, however deep it is', async () => {
  const store = await openState(everything)
  const place = await Everywhere.serve(store)
  const headers = { authorization: `Bearer ${place.token}`, 'content-type': 'application/json', 'holdfast-request': '1' }
  for (const carrier of carriers) {
    const client = await byHand[carrier](place)
    for (const [at, depth] of [300, 5000, 400_000].entries()) {
      const body = `{"id":"a","input":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const overHttp = await fetch(`${place.url}/state/call/write`, { method: 'POST', headers, body })
      const id = at + 1
      await client.say(askFor(id, 'call/write', body))
      const heard = await client.hear((all) => all.includes(`42/holdfast,["holdfast",${id}]`))
      const [head, text] = heard.slice(-3).map((packet) => JSON.parse(packet.slice('42/holdfast,'.length)) as unknown[])
      expect([head?.[2], text?.[2]]).toEqual([overHttp.status, await overHttp.text()])
      expect(String(text?.[2])).toContain('"BODY_TOO_COMPLEX"')
    }
  }
  expect(place.errors).toEqual([])
})
