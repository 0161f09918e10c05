import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect as connectReplica } from '../../src/client.ts'
import { systemSeams } from '../../src/engine/seams.ts'
import { createAuthenticate } from '../../src/server/gate/authenticate.ts'
import { headFromNode } from '../../src/server/gate/request-head.ts'
import { OpenVisits } from '../../src/server/open-visits.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { Program } from '../support/program.ts'
import { SteppingClock } from '../support/stepping-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { club, idleMs, rotationMs } from './club.ts'
import type { ClubCalls } from './club-program.ts'
import { bearer, serveClub } from './served-club.ts'
import { freePort } from './served.ts'

const data = { role: 'member' }

interface OpenStream {
  readonly messages: readonly EventSourceMessage[]
  isOpen: boolean
  /** Resolves with the last message once the stream has ended. */
  readonly ended: Promise<EventSourceMessage | undefined>
}

/** Opens a stream, and resolves when it is live. */
async function stream(url: string, token: string): Promise<OpenStream> {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const response = await fetch(`${url}/state/feed`, { headers: bearer(token), signal: leaving.signal })
  expect(response.status).toBe(200)
  const messages: EventSourceMessage[] = []
  const stream = { messages, isOpen: true }
  const live = Promise.withResolvers<void>()
  const parser = createParser({
    onEvent: (message) => {
      messages.push(message)
      if (message.event === 'bookmark') live.resolve()
    },
  })
  const read = async (): Promise<EventSourceMessage | undefined> => {
    const decoder = new TextDecoder()
    for await (const piece of response.body!) parser.feed(decoder.decode(piece as Uint8Array, { stream: true }))
    return messages.at(-1)
  }
  const ended = read().finally(() => (stream.isOpen = false))
  ended.catch(() => undefined)
  await live.promise
  return Object.assign(stream, { ended })
}

const isEnd = (message: EventSourceMessage | undefined): unknown =>
  message?.event === 'end' ? (JSON.parse(message.data) as { code: string }).code : message?.event

test('[E1] [Z24] [X21] a session that is revoked in one process has nothing open a moment later in any', async () => {
  const directory = temporaryDirectory()
  const served = await serveClub({ WebSocketServer }, await openStoreWith(systemSeams(), club, { directory }))
  const { store, server } = served
  onTestFinished(() => store.close())
  await store.commit((tx) => tx.title.set('begin'))
  const programs = [1, 2].map(() => new Program<ClubCalls>(new URL('./club-program.ts', import.meta.url)))
  const [first, second] = programs as [Program<ClubCalls>, Program<ClubCalls>]
  const urls = [server.url]
  for (const program of programs) urls.push(await program.call('open', { directory }, await freePort()))

  const [ada, bob] = await Promise.all(['ada', 'bob'].map((user) => store.members.create({ user, data })))
  const [adas, bobs] = [ada?.token ?? '', bob?.token ?? '']
  const streams = await Promise.all(urls.flatMap((url) => [adas, bobs].map((token) => stream(url, token))))
  const poll = (url: string, token: string): Promise<Response> =>
    fetch(`${url}/state/changes?after=${store.cursor}`, { headers: bearer(token) })
  const polls = urls.flatMap((url) => [adas, bobs].map((token) => poll(url, token)))
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/state/feed`, ['holdfast.1', `bearer.${adas}`])
  const said: string[] = []
  socket.on('message', (bytes: Buffer) => said.push(bytes.toString()))
  await once(socket, 'message')
  const closed = once(socket, 'close')
  const replica = connectReplica<typeof club>({ url: `${server.url}/state`, token: adas, transport: 'sse' })
  onTestFinished(() => replica.close())
  await replica.ready
  const refused = new Promise<unknown>((resolve) => replica.onStatus(({ state }) => state === 'refused' && resolve(state)))

  expect(await first.call('revoke', ada?.id ?? '')).toBe(true)
  expect(await Promise.all(urls.map(async (url) => (await poll(url, adas)).status))).toEqual([401, 401, 401])
  // What is committed after it and has come to others of the same server says that time enough has passed, whatever the clock says.
  const others = [1, 3, 5].map((at) => streams[at])
  for (let count = 0; count < 10; count += 1) {
    await store.commit((tx) => tx.title.set(`${count} after it`))
    const isThere = (): boolean => others.every((other) => other?.messages.some(({ data: text }) => text.includes(`"${count} after it"`)))
    while (!isThere()) await nextTurn()
  }
  expect(streams.map(({ isOpen }) => isOpen)).toEqual([false, true, false, true, false, true])
  for (const at of [0, 2, 4]) {
    expect(isEnd(await streams[at]?.ended)).toBe('UNAUTHENTICATED')
    const polled = await polls[at]
    expect([polled?.status, await polled?.text()]).toEqual([401, ''])
  }
  await closed
  expect(said.at(-1)).toContain('event: end\ndata: {"code":"UNAUTHENTICATED"')
  expect(await refused).toBe('refused')
  // Others notice nothing, and the owner neither.
  const owner = await stream(server.url, served.token)
  await store.commit((tx) => tx.title.set('next'))
  for (const at of [1, 3, 5]) expect((await polls[at])?.status).toBe(200)
  const still = Promise.race([owner.ended, ...[1, 3, 5].map((at) => streams[at]?.ended)])
  await second.call('revoke', bob?.id ?? '')
  expect(isEnd(await still)).toBe('UNAUTHENTICATED')
  for (const at of [1, 3, 5]) expect(isEnd(await streams[at]?.ended)).toBe('UNAUTHENTICATED')
  expect((await fetch(`${server.url}/state/snapshot`, { headers: bearer(served.token) })).status).toBe(200)
})

test('[E1] a session whose time is up, and a token that was rotated away, end what they have open; the session goes on by its new token', async () => {
  const clock = new SteppingClock()
  const store = await openStoreWith({ ...systemSeams(), clock }, club, { memory: true })
  onTestFinished(() => store.close())
  const visits = new OpenVisits({ sessions: store.members, clock, mostEach: 64 })
  const ended: string[] = []
  const authenticate = createAuthenticate({ token: 'not asked for', storeId: 'club', clock, sessions: store.members })
  const open = (name: string, token: string): void => {
    const proof = authenticate(headFromNode({ method: 'GET', url: '/', rawHeaders: ['Authorization', `Bearer ${token}`] }))
    if (proof === undefined) throw new Error('Expected a session')
    visits.keep(proof.visitor, (error) => ended.push(`${name}: ${(error as { code: string }).code}`))
  }
  const first = await store.members.create({ user: 'ada', data })
  open('first token', first.token)
  const next = await store.members.rotate(first.token)
  open('next token', next?.token ?? '')
  clock.step(rotationMs - 1)
  await clock.pass(500)
  // The clock has passed beyond the window of the rotation by now.
  expect(ended).toEqual(['first token: UNAUTHENTICATED'])
  // It becomes another user's: whoever had it open as before is out.
  const other = await store.members.rotate(next?.token, { user: 'bob' })
  await clock.pass(500)
  expect(ended).toEqual(['first token: UNAUTHENTICATED', 'next token: UNAUTHENTICATED'])
  open('other user', other?.token ?? '')
  for (let passed = 0; passed < idleMs - 1000; passed += 500) await clock.pass(500)
  expect(ended).toHaveLength(2)
  // Having something open is no use of a session.
  await clock.pass(1000)
  expect(ended.slice(2)).toEqual(['other user: UNAUTHENTICATED'])
  // What is revoked is told, and waits for no look.
  const last = await store.members.create({ user: 'eve', data })
  open('revoked', last.token)
  await store.members.revoke(last.id)
  await expect.poll(() => ended.slice(3)).toEqual(['revoked: UNAUTHENTICATED'])
})

test('[E1] what an ending misses is looked for, a store that is closed ends everything, and nothing runs while nobody is there', async () => {
  const clock = new ManualClock()
  let watchers = 0
  const sessions = {
    // A watcher that misses everything, as after a gap.
    onRevoked: () => {
      watchers += 1
      return () => void (watchers -= 1)
    },
  }
  const visits = new OpenVisits({ sessions, clock, mostEach: 64 })
  const store = await openStoreWith(systemSeams(), club, { memory: true })
  const made = await Promise.all(['ada', 'bob', 'eve'].map((user) => store.members.create({ user, data })))
  const ended: unknown[] = []
  const keep = (token: string | undefined): (() => void) => {
    const session = store.members.verify(token)!
    const look = (): typeof session | undefined => store.members.peek(token)
    return visits.keep({ by: 'session', session, look }, (error) => ended.push([session.user, (error as { code: string }).code]))
  }
  keep(made[0]?.token)()
  expect([watchers, clock.waitsUntil.length]).toEqual([0, 0])
  const [, , leave] = made.map(({ token }) => keep(token))
  expect([watchers, clock.waitsUntil.length]).toEqual([1, 1])
  await store.members.revoke(made[0]?.id ?? '')
  await clock.pass(500)
  expect(ended).toEqual([['ada', 'UNAUTHENTICATED']])
  leave?.()
  await store.close()
  await clock.pass(500)
  expect(ended.slice(1)).toEqual([['bob', 'STORE_CLOSED']])
  expect([watchers, clock.waitsUntil.length]).toEqual([0, 0])
})

test('[E1] a client that takes nothing has no stream for longer because of it', async () => {
  const { store, server } = await serveClub()
  await store.commit((tx) => tx.title.set('x'.repeat(1000)))
  const { id, token } = await store.members.create({ user: 'ada', data })
  const response = await fetch(`${server.url}/state/feed`, { headers: bearer(token) })
  for (let n = 0; n < 60; n += 1) await store.commit((tx) => tx.title.set(`${n} ${'x'.repeat(200_000)}`), { durability: 'process' })
  expect(server.handler.streams).toBe(1)
  await store.members.revoke(id)
  await expect.poll(() => server.handler.streams, { timeout: 5000 }).toBe(0)
  await response.body?.cancel().catch(() => undefined)
})

test('[Z23] one session takes a quarter of the places at most', async () => {
  const { store, server, token, ask } = await serveClub({ maxStreams: 8 })
  const ada = (await store.members.create({ user: 'ada', data })).token
  await stream(server.url, ada)
  await stream(server.url, ada)
  for (const address of ['feed', `changes?after=${store.cursor}&waitMs=0`]) {
    const refused = await ask(address, bearer(ada))
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'TOO_MANY_STREAMS', details: { limit: 2 } }])
  }
  await stream(server.url, (await store.members.create({ user: 'ada', data })).token)
  await stream(server.url, token)
})
